"""Put the routers together into the app that Airflow mounts under ``/cutover``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import Depends, FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from cutover.api import (
    checks,
    control,
    documents,
    events,
    faults,
    flags,
    health,
    metrics,
    overview,
    progress,
    runbook,
    runs,
    samples,
    specs,
    status,
)
from cutover.api.headers import SecurityHeaders

ROUTERS = (overview, runs, progress, samples, checks, events, control, status, documents, runbook, specs, flags, health)


class PublicFiles(StaticFiles):
    """Scripts and pictures of the pages. Public like Airflow's own: they hold no data. Always revalidated."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def revalidated(message: dict) -> None:  # type: ignore[type-arg]
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"cache-control", b"no-cache")]
            await send(message)

        await super().__call__(scope, receive, revalidated)  # type: ignore[arg-type]


def create_app() -> FastAPI:
    """Build the app. Its OpenAPI pages stay off: they would load scripts from elsewhere and need no login."""
    app = FastAPI(title="Cutover", openapi_url=None, docs_url=None, redoc_url=None)
    faults.install(app)
    app.add_middleware(SecurityHeaders)
    for module in ROUTERS:
        app.include_router(module.router, dependencies=[Depends(requires_authenticated())])
    app.include_router(metrics.router)  # opened by a token of its own
    app.mount("/static", PublicFiles(directory=Path(__file__).parent / "static"), name="static")
    return app


@cache
def application() -> FastAPI:
    """Return this process's app."""
    return create_app()
