"""Airflow's environment for tests: set before anything imports Airflow, pointing at nothing of the user's."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def isolate() -> None:
    """Give this process an empty Airflow home of its own, removed at its end, with the project's folders."""
    home = Path(tempfile.mkdtemp(prefix="cutover-airflow-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith(("AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_VAR_"))]:
        del os.environ[name]
    os.environ.update(
        AIRFLOW_HOME=str(home),
        AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "dags"),
        AIRFLOW__CORE__PLUGINS_FOLDER=str(ROOT / "plugins"),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__UNIT_TEST_MODE="False",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{home}/airflow.db",
        AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
        AIRFLOW__API_AUTH__JWT_SECRET="only-for-the-tests-" * 4,
        GX_ANALYTICS_ENABLED="false",
    )


def unknown_settings(environment: Mapping[str, str]) -> list[str]:
    """Return the AIRFLOW__SECTION__OPTION names that this Airflow does not know: it would ignore them in silence."""
    from airflow.configuration import conf

    options = {section: facts["options"] for section, facts in conf.configuration_description.items()}
    settings = {name: name.lower().split("__")[1:] for name in environment if name.startswith("AIRFLOW__")}
    return [name for name, (section, option) in settings.items() if option not in options.get(section, {})]
