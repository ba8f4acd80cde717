"""A pair of databases behind a pooler, and the DAGs to run migrations between them with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from cutover.postgres.blue_green.names import SideName
from cutover.routing.pgbouncer import PgBouncerRouter
from localstack.cluster import Cluster
from localstack.databases import ensure_role
from localstack.pgbouncer import PgBouncer
from localstack.throwaway import fresh_folder
from support.connections import Connections
from support.dag_runs import run_dag
from support.pair_world import PairWorld, run, until

if TYPE_CHECKING:
    from cutover.journal.records import Run
    from cutover.journal.store import Journal

APP, PASSWORD = "stage_app", "an application's password"
DBNAME = "stage"
# Ends who reads the slots, drops those that nobody reads, and returns the others.
IDLE_SLOTS = """
SELECT CASE WHEN active THEN pg_terminate_backend(active_pid)::text ELSE pg_drop_replication_slot(slot_name)::text END
FROM pg_replication_slots WHERE database = current_database()
"""


class PairStage:
    """Blue with the shop in it, an empty green, a pooler that leads to blue, and a migration named ``trial``."""

    def __init__(
        self, folder: Path, blue: Cluster, green: Cluster, journal: Journal, load_dag: Callable[[str], Any]
    ) -> None:
        self.clusters: dict[SideName, Cluster] = {"blue": blue, "green": green}
        self.journal, self.load = journal, load_dag
        for cluster in (blue, green):
            cluster.create_database(DBNAME)
            ensure_role(cluster, APP, PASSWORD)
        self.pair = PairWorld(folder, blue.info(dbname=DBNAME), green.info(dbname=DBNAME), journal)
        self.pair.load()
        self.pair.blue(f"GRANT SELECT, INSERT, UPDATE, DELETE ON customers TO {APP}")
        self.pooler = PgBouncer(fresh_folder("pooler"), {DBNAME: blue.info(dbname=DBNAME)}, {APP: PASSWORD}, "admin")
        self.process = self.pooler.start()
        self.console = self.pooler.console("shop_pooler", DBNAME)

    def connect(self, connections: Connections) -> None:
        """Tell Airflow where everything is."""
        connections("shop", self.pair.blue_info)
        connections("shop_green", self.pair.green_info)
        connections("shop_pooler", self.console)
        connections("cutover_journal", self.journal.info)

    def spec(self, **more: Any) -> Path:
        """Write the migration; ``more`` overrides parts of it."""
        body = {"cutover": {"approval": "auto"}, "rollback": {"old_database": "keep"}, **more}
        tables = [
            {
                "name": "public.orders",
                "columns": {"loud": "upper(status)"},
                "reverse": {"legacy_flag": "status = 'DONE'"},
            }
        ]
        up = (
            "ALTER TABLE orders DROP COLUMN legacy_flag, ADD COLUMN loud text, ALTER parent_id TYPE bigint;"
            "CREATE INDEX orders_loud ON orders (loud)"
        )
        return self.pair.spec(body.pop("tables", tables), {"up.sql": up}, **body)

    def run(self, dag_id: str, conf: dict[str, Any]) -> dict[str, str]:
        """Run a DAG to its end; return ``{"run": its state, task id: state ...}``."""
        return run_dag(self.load(dag_id), conf)

    def latest(self) -> Run:
        found = self.journal.latest_run("trial")
        assert found is not None
        return found

    def events(self, kind: str) -> list[str]:
        return [event.text for event in self.journal.events(self.latest().run_id, kind=kind)]

    def pooled(self) -> psycopg.Connection[Any]:
        """Connect as an application does: through the pooler."""
        return psycopg.connect(self.pooler.info("app", DBNAME, APP).conninfo(), prepare_threshold=None)

    def client(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run SQL as an application does: through the pooler."""
        return run(replace(self.pooler.info("app", DBNAME, APP), extra={}), text, *values)

    def leads_to(self) -> str:
        router = PgBouncerRouter(self.console)
        try:
            held = "held " if router.paused() else ""
            return held + ("blue" if router.where().port == self.clusters["blue"].port else "green")
        finally:
            router.close()

    def close(self) -> None:
        """Stop the pooler and drop the databases, also what a run without its rollback has left."""
        self.process.stop()
        for cluster in self.clusters.values():
            cluster.drop_subscriptions(DBNAME)
        for info in (self.pair.blue_info, self.pair.green_info):
            # The walsender of a subscription that is gone ends in its own time.
            until(lambda: run(info, IDLE_SLOTS) == [], "slots are free to be dropped")  # noqa: B023
        for cluster in self.clusters.values():
            with contextlib.closing(cluster.connect()) as db:
                found = db.execute("SELECT datname FROM pg_database WHERE datname ~ '^cutover_\\d+_design$'").fetchall()
            for name in [DBNAME, *(row[0] for row in found)]:
                cluster.drop_database(name)
