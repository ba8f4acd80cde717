"""What Cutover adds to Airflow's UI: the page *Migrations*, the tab *Migration* of a run, and their API.

The only file that Airflow's plugin loader imports. The loader runs in every component, so nothing here may
pull in the API's imports; the package ``cutover`` is kept from the loader by ``.airflowignore``.
"""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "cutover"
STATIC = f"{PREFIX}/static"


class LazyApp:
    """An ASGI application that builds the real one at its first request, so only API servers import it."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        from cutover.api.app import application

        await application()(scope, receive, send)


class CutoverPlugin(AirflowPlugin):
    """The pages are React components without a build step; see ``cutover/api/static``.

    URLs have no leading slash, so that they follow Airflow's ``[api] base_url`` to a sub-path.
    """

    name = "cutover"
    fastapi_apps = [{"name": "cutover", "app": LazyApp(), "url_prefix": f"/{PREFIX}"}]
    react_apps = [
        {
            "name": "Migrations",
            "bundle_url": f"{STATIC}/migrations.js",
            "destination": "nav",
            "url_route": "migrations",
            "nav_top_level": True,
            "icon": f"{STATIC}/icon.svg",
            "icon_dark_mode": f"{STATIC}/icon-dark.svg",
        },
        {
            "name": "Migration",
            "bundle_url": f"{STATIC}/migration.js",
            "destination": "dag_run",
            "url_route": "migration",
            "icon": f"{STATIC}/icon.svg",
            "icon_dark_mode": f"{STATIC}/icon-dark.svg",
        },
    ]
