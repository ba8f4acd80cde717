"""Airflow with LocalExecutor, its four components as processes of their own, tuned to waste no second between tasks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from cutover.connections import ConnectionInfo
from localstack import health, warm
from localstack.airflow_api import AirflowApi
from localstack.environment import child_environment
from localstack.errors import ServerDidNotStart
from localstack.pgbinaries import NEWEST, bin_folder
from localstack.places import ROOT
from localstack.ports import LOOPBACK
from localstack.processes import Process, launch
from localstack.vault import Vault, long_token, typable, write_private

USERS = {"admin": "admin", "olga": "op", "victor": "viewer"}
COMPONENTS = ("api-server", "dag-processor", "triggerer", "scheduler")  # in the order of their start

# Measured: with the defaults ten small tasks take 11 s, with these 2 to 2.6 s.
TUNING = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
    "AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "2",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    # Tasks of a scheduler that has died are nobody's until the next one takes them over, every five minutes by default.
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "20",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
    # Each look at a file costs most of a second of one core, and there are a score of them.
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "15",
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "2",
    "AIRFLOW__CORE__PARALLELISM": "8",
    "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "8",
}


@dataclass(slots=True)
class Airflow:
    """One Airflow.

    :param folder: its AIRFLOW_HOME.
    :param metadata: its own database.
    :param connections: ``AIRFLOW_CONN_*`` variables.
    :param warm: do imports once and not in every task, see :mod:`localstack.warm`.
    """

    folder: Path
    metadata: ConnectionInfo
    vault: Vault
    connections: dict[str, str] = field(default_factory=dict, repr=False)
    port: int = 0
    warm: bool = False

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def logins(self) -> dict[str, str]:
        """Return user -> password."""
        return {user: self.vault.get(f"airflow_password_{user}", typable) for user in USERS}

    def api(self, user: str = "admin") -> AirflowApi:
        """Return a client of the REST API, logged in as ``user``."""
        return AirflowApi(self.url, user, self.logins()[user])

    def env(self) -> dict[str, str]:
        """Return the environment of every component and of ``airflow`` on the command line."""
        inherited = {k: v for k, v in child_environment().items() if not k.startswith("AIRFLOW")}
        return {
            **inherited,
            "AIRFLOW_HOME": str(self.folder),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__FERNET_KEY": self.vault.get("fernet_key", _fernet_key),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in USERS.items()),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self._passwords),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{LOOPBACK}:{self.port}/execution/",
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__HOST": LOOPBACK,
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__SECRET_KEY": self.vault.get("airflow_secret_key", long_token),
            "AIRFLOW__API__INSTANCE_NAME": "Cutover",
            "AIRFLOW__API_AUTH__JWT_SECRET": self.vault.get("airflow_jwt_secret", long_token),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self.metadata.sqlalchemy_url(),
            "GX_ANALYTICS_ENABLED": "false",
            "CUTOVER_PG_BIN": str(bin_folder(NEWEST)),
            # Nobody's laptop rehearses by itself at two in the morning.
            "CUTOVER_NIGHT": os.environ.get("CUTOVER_NIGHT", "off"),
            **TUNING,
            **self.connections,
        }

    def migrate(self) -> None:
        """Bring the metadata database to this Airflow's version; at once where it is there already.

        :raises ServerDidNotStart: with the end of what Airflow said.
        """
        stamp, mine = self.folder / "migrated", version("apache-airflow-core")
        with psycopg.connect(self.metadata.conninfo()) as db:
            filled = db.execute("select to_regclass('public.alembic_version') is not null").fetchone() == (True,)
        if filled and stamp.exists() and stamp.read_text() == mine:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = [self._program, "db", "migrate"]
        ran = subprocess.run(command, env=self.env(), cwd=self.folder, capture_output=True, text=True, check=False)
        if ran.returncode:
            said = (ran.stdout + ran.stderr)[-2000:]
            raise ServerDidNotStart(f"airflow db migrate ended with {ran.returncode}:\n{said}")
        stamp.write_text(mine)

    def launch(self, component: str) -> Process:
        """Start one of :data:`COMPONENTS`."""
        write_private(self._passwords, json.dumps(self.logins()))
        command: list[str | Path] = [self._program, component]
        if self.warm and component in warm.NEEDED:
            command = [sys.executable, "-m", warm.__name__, component]
        if component in ("scheduler", "triggerer"):
            command.append("--skip-serve-logs")  # the API server reads the same folder
        log = self.folder / f"{component}.log"
        return launch(f"Airflow {component}", command, log=log, env=self.env(), cwd=self.folder)

    def answers(self) -> bool:
        """Tell whether the API server serves."""
        return self._health() is not None

    def unhealthy(self) -> list[str]:
        """Return the components that do not report themselves healthy."""
        found = self._health() or {}
        names = ("metadatabase", "scheduler", "dag_processor", "triggerer")
        return [name for name in names if (found.get(name) or {}).get("status") != "healthy"]

    def _health(self) -> dict[str, Any] | None:
        return health.get_json(f"http://{LOOPBACK}:{self.port}/api/v2/monitor/health")

    @property
    def _passwords(self) -> Path:
        return self.folder / "passwords.json"

    @property
    def _program(self) -> Path:
        return Path(sys.prefix) / "bin" / "airflow"


def _fernet_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()
