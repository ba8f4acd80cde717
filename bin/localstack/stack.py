"""The whole local stack as one object: its servers, its connections, its environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from localstack import connections, lifecycle, places
from localstack.airflow import Airflow
from localstack.airflow_api import AirflowApi
from localstack.cluster import Cluster
from localstack.databases import APPLICATION, MIGRATOR
from localstack.pgbouncer import PgBouncer
from localstack.registry import Registry
from localstack.s3 import S3Server
from localstack.settings import LASTING
from localstack.slack import SlackServer
from localstack.vault import Vault, private_half, public_half

DATABASE = "shop"
# What rehearsals copy: beside the real ones here, on servers of their own in a deployment.
STAGING = "shop_staging"


class Stack:
    """Two databases to migrate (blue is 16, green 18), a pooler, Airflow with its metadata, S3 and a Slack recorder.

    :param folder: where all its state is; ``.state`` by default. Two stacks in two folders never meet.
    :param warm: start Airflow so that tasks begin sooner and changed code is not seen, see :mod:`localstack.warm`.
    """

    def __init__(self, folder: Path | None = None, *, warm: bool = False) -> None:
        self.warm = warm
        self.folder = folder or places.state()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.servers = places.servers(self.folder)
        self.vault = Vault(self.folder / "secrets.json")
        self.registry = Registry(self.folder / "stack.json")
        self.blue = self._cluster("blue", 16)
        self.green = self._cluster("green", 18)
        self.meta = self._cluster("meta", 18, shared_buffers="128MB")
        port = self.registry.ports.get
        self.slack = SlackServer(self.folder / "slack", "xoxb-" + self.vault.get("slack"), port("slack", 0))
        keys = ("cutover-local", self.vault.get("s3"))
        self.s3 = S3Server(self.folder / "s3", *keys, public_half(self.vault), port=port("s3", 0))
        logins = {role: self.vault.get(role) for role in (APPLICATION, MIGRATOR)}
        self.pooler = PgBouncer(self.servers / "pgbouncer", {}, logins, self.vault.get("pooler"), port("pooler", 0))

    def up(self, *, port: int | None = None, airflow: bool = True, say: Callable[[str], None] = print) -> Stack:
        """Start what is not running and wait until all of it answers; return the stack itself.

        :param port: of Airflow's UI, 8080 if nothing is said; a free one is taken where it is in use.
        :param airflow: False leaves Airflow out.
        :param say: is called with one line of progress at a time.
        :raises StackError: something did not start; everything is stopped again then.
        """
        lifecycle.up(self, port=port, airflow=airflow, say=say)
        return self

    def down(self, *, purge: bool = False, say: Callable[[str], None] = print) -> None:
        """Stop whatever of this stack runs, by its own pids.

        :param purge: remove its state too: databases, logs, secrets.
        """
        lifecycle.down(self, purge=purge, say=say)

    @property
    def clusters(self) -> dict[str, Cluster]:
        return {"blue": self.blue, "green": self.green, "meta": self.meta}

    @property
    def airflow(self) -> Airflow:
        """Airflow, as it would be started now."""
        metadata = self.meta.info("meta", "airflow", "airflow", self.vault.get("airflow_metadata"))
        variables = connections.variables(self.connections())
        port = self.registry.ports.get("api-server", 8080)
        return Airflow(self.folder / "airflow", metadata, self.vault, variables, port, self.warm)

    @property
    def api(self) -> AirflowApi:
        """Airflow's REST API, as the user ``admin``."""
        return self.airflow.api()

    def connections(self) -> dict[str, dict[str, Any]]:
        """Return the fields of every Airflow connection of this stack, by id."""
        migrator = self.vault.get(MIGRATOR)
        infos = [
            self.meta.info("cutover_journal", "journal", MIGRATOR, migrator),
            self.blue.info("shop", DATABASE, MIGRATOR, migrator),
            self.green.info("shop_green", DATABASE, MIGRATOR, migrator),
            self.meta.info("shop_flags_store", "flags", MIGRATOR, migrator),
            self.pooler.info("shop_pooled", DATABASE, APPLICATION),
            self.pooler.console("shop_pooler", DATABASE),
            self.blue.info("shop_staging", STAGING, MIGRATOR, migrator),
            self.green.info("shop_green_staging", STAGING, MIGRATOR, migrator),
            self.meta.info("shop_flags_store_staging", "flags_staging", MIGRATOR, migrator),
            self.pooler.console("shop_pooler_staging", STAGING),
        ]
        databases = {info.conn_id: connections.postgres(info) for info in infos}
        stores = {conn_id: self.s3.connection() for conn_id in ("cutover_s3", "cutover_backups")}
        key = {"conn_type": "generic", "password": private_half(self.vault)}
        return {**databases, **stores, "cutover_age": key, **self.slack.connections()}

    def env(self) -> dict[str, str]:
        """Return the full environment for ``airflow`` commands and ``python -m cutover`` on this stack."""
        return {**self.airflow.env(), "CUTOVER_STATE": str(self.folder)}

    def _cluster(self, name: str, version: int, **settings: str | int) -> Cluster:
        cluster = Cluster(version, self.servers / name, {**LASTING, "cluster_name": name, **settings})
        return cluster.attach(self.registry.ports.get(name, 0))
