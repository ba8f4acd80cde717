"""A database with everything that a dump may forget, a store, a key, and what tests ask of them without the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pyrage
from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.postgres import backup
from cutover.postgres.backup import FolderStore, Manifest
from cutover.postgres.task import Work
from localstack.cluster import Cluster

SCHEMA = Path(__file__).with_name("backup_world.sql")
RUN = "shop_v2.20261121T010203"
MARK = "a line that nobody may read"


class Listening:
    """A journal that remembers."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, str, int, int | None]] = []
        self.told: list[tuple[str, str, Any]] = []

    def progress(self, run_id: str, step: str, item: str, done: int, total: int | None = None, **_: Any) -> None:
        self.steps.append((step, item, done, total))

    def event(self, run_id: str, kind: str, text: str, actor: str | None = None, data: Any = None) -> None:
        self.told.append((kind, text, data))


@dataclass
class BackupWorld:
    """One database on ``cluster``, and databases beside it that go with it.

    :ivar task: what the engine is handed; a test may take a new one.
    """

    cluster: Cluster
    info: ConnectionInfo
    folder: Path
    key: Any = field(default_factory=pyrage.x25519.Identity.generate)
    task: Work = field(default_factory=lambda: Work(RUN, journal=Listening()))
    others: list[tuple[Cluster, str]] = field(default_factory=list)

    @property
    def store(self) -> FolderStore:
        return FolderStore(self.folder / "store")

    @property
    def to(self) -> list[Any]:
        return [self.key.to_public()]

    def sql(self, text: str, *values: Any, info: ConnectionInfo | None = None) -> list[tuple[Any, ...]]:
        """Run one statement (or several without values) on a session of its own."""
        with psycopg.connect((info or self.info).conninfo(), autocommit=True) as db:
            cursor = db.execute(text, values or None)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def load(self) -> None:
        """Put everything in."""
        self.sql(SCHEMA.read_text())
        self.sql(f"INSERT INTO log VALUES (now(), '{MARK}')")

    def empty(self, cluster: Cluster | None = None) -> ConnectionInfo:
        """Make an empty database, on the same server unless said otherwise."""
        place = cluster or self.cluster
        name = f"{self.info.dbname}_copy_{len(self.others)}"
        self.others.append((place, name))
        return place.create_database(name)

    def take(self, **more: Any) -> Manifest:
        return backup.take(self.task, self.info, self.store, self.to, **{"run_id": RUN, **more})

    def prove(self, **more: Any) -> Manifest:
        return backup.prove(self.task, self.info, self.store, self.to, self.key, **{"run_id": RUN, **more})

    def restore(self, manifest: Manifest, into: ConnectionInfo, **more: Any) -> dict[str, Any]:
        return backup.restore(self.task, self.store, manifest, self.key, into, **more)

    def scratches(self) -> list[str]:
        """Scratch databases that are there."""
        found = self.sql(
            "SELECT datname FROM pg_database WHERE datname LIKE 'cutover_proof%%'", info=self.cluster.info()
        )
        return [row[0] for row in found]

    def close(self) -> None:
        for cluster, name in self.others:
            cluster.drop_database(name)


def contents(info: ConnectionInfo) -> dict[str, tuple[Any, ...]]:
    """Return number and fingerprint of the rows of every table, sequence values and large objects; asks no engine."""
    with psycopg.connect(info.conninfo(options="-c search_path=pg_catalog"), autocommit=True) as db:
        tables = db.execute(
            "SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'm', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
        ).fetchall()
        found: dict[str, tuple[Any, ...]] = {}
        for schema, name, kind in tables:
            place = sql.Identifier(schema, name)
            label = f"{kind} {schema}.{name}"
            if kind == "S":
                found[label] = tuple(
                    db.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(place)).fetchone()
                )  # type: ignore[arg-type]
                continue
            row = db.execute("SELECT relispopulated FROM pg_class WHERE oid = %s::regclass", (place.as_string(db),))
            if not row.fetchone()[0]:  # type: ignore[index]
                found[label] = ("not filled",)
                continue
            query = sql.SQL("SELECT count(*), sum(hashtextextended(t::text, 7)) FROM ONLY {} AS t").format(place)
            found[label] = tuple(db.execute(query).fetchone())  # type: ignore[arg-type]
        for oid, digest in db.execute("SELECT oid, md5(lo_get(oid)) FROM pg_largeobject_metadata").fetchall():
            found[f"large object {oid}"] = (digest,)
    return found


def around(info: ConnectionInfo) -> dict[str, list[Any]]:
    """Return what surrounds the rows: owners, privileges, comments, policies, indexes, constraints, triggers."""
    queries = {
        "relations": "SELECT relnamespace::regnamespace::text, relname, relkind, relowner::regrole::text,"
        " relpersistence, relrowsecurity, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(relacl) AS a),"
        " obj_description(oid, 'pg_class') FROM pg_class",
        "indexes": "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid FROM pg_index"
        " WHERE indexrelid >= 16384 AND indexrelid::regclass::text !~ 'pg_toast'",
        "constraints": "SELECT conrelid::regclass::text, conname, convalidated, pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE oid >= 16384 AND contype <> 'n'",
        "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "policies": "SELECT * FROM pg_policies",
        "publications": "SELECT pubname, puballtables FROM pg_publication",
        "extensions": "SELECT extname, extversion FROM pg_extension",
        "statistics": "SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext",
        "rules": "SELECT tablename, rulename, definition FROM pg_rules",
    }
    found: dict[str, list[Any]] = {}
    with psycopg.connect(info.conninfo(options="-c search_path=pg_catalog"), autocommit=True) as db:
        for name, query in queries.items():
            if name == "relations":
                query += " WHERE relnamespace::regnamespace::text !~ '^(pg_|information_schema)' AND relkind <> 't'"
            found[name] = sorted(map(repr, db.execute(query).fetchall()))  # type: ignore[arg-type]
    return found
