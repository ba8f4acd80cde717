"""A staging database with people in it, and a migration that is rehearsed there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.errors import ConnectionUnknown
from cutover.journal.records import Rehearsal, Run
from cutover.journal.store import Journal
from cutover.postgres.task import Work
from cutover.rehearsal.settling import settle
from cutover.rehearsal.staging import Place
from cutover.spec.models import Migration
from localstack.cluster import Cluster

PEOPLE = """
CREATE TABLE people (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, mail text NOT NULL UNIQUE, note text);
CREATE TABLE log (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, person bigint REFERENCES people, what text);
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO log (person, what) VALUES (new.id, 'touched'); RETURN new; END $$;
CREATE TRIGGER touch AFTER UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touched();
INSERT INTO people (mail, note) SELECT 'secret' || n || '@example.org', 'kept ' || n FROM generate_series(1, 50) AS n;
INSERT INTO log (person, what) SELECT id, 'joined' FROM people;
"""


@dataclass
class Ground:
    """Staging, and what resolves to it. Production is a database that does not even exist: nothing may look for it."""

    staging: ConnectionInfo
    journal: Journal
    known: dict[str, ConnectionInfo] = field(default_factory=dict)
    task: Work = field(default_factory=lambda: Work("rehearsal/test"))

    def resolve(self, conn_id: str) -> ConnectionInfo:
        if conn_id not in self.known:
            raise ConnectionUnknown(f"connection {conn_id!r} is not defined.")
        return self.known[conn_id]

    def spec(self, **more: Any) -> Migration:
        body = {"name": "leads", "title": "Leads", "strategy": "online", "owner": "tests", "source": "shop"}
        return Migration.model_validate({**body, "tables": [{"name": "people"}], **more})

    def begin(self, spec: Migration | None = None, rehearsal_id: str = "leads.rehearsal.1") -> Rehearsal:
        """Write a rehearsal down, with its places."""
        spec = spec or self.spec()
        known = {"migration": spec.name, "strategy": spec.strategy, "title": spec.title, "spec": spec.snapshot()}
        places = {conn_id: place.as_dict() for conn_id, place in self.places(spec, rehearsal_id).items()}
        return self.journal.begin_rehearsal(rehearsal_id, places=places, **known)

    def begin_run(self, rehearsal: Rehearsal, run_id: str = "leads.1") -> Run:
        """Begin a run of a rehearsal."""
        known = {"migration": "leads", "strategy": "online", "title": "Leads", "database": "the copy"}
        of = {"dry_run": True, "rehearsal_of": rehearsal.rehearsal_id}
        return self.journal.begin_run(run_id, **known, **of, spec=rehearsal.spec)

    def places(self, spec: Migration, rehearsal_id: str = "leads.rehearsal.1") -> dict[str, Place]:
        return settle(rehearsal_id, spec, self.resolve)

    def sql(self, text: str, dbname: str | None = None, **settings: Any) -> list[tuple[Any, ...]]:
        """Run SQL in staging, or in another database of its server."""
        info = replace(self.staging, dbname=dbname or self.staging.dbname)
        with psycopg.connect(info.conninfo(), autocommit=True, **settings) as db:
            cursor = db.execute(text)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def databases(self) -> set[str]:
        return {name for (name,) in self.sql("SELECT datname::text FROM pg_database", "postgres")}


@pytest.fixture
def ground(database: ConnectionInfo, journal: Journal, pg18: Cluster) -> Iterator[Ground]:
    """A staging database with people; ``shop_staging`` leads there."""
    made = Ground(database, journal)
    made.sql(PEOPLE)
    made.known["shop_staging"] = replace(database, conn_id="shop_staging")
    made.known["shop"] = replace(database, conn_id="shop", dbname="production", host="db.invalid")
    before = made.databases()
    yield made
    for name in made.databases() - before:
        pg18.drop_database(name)


@pytest.fixture
def connected() -> Iterator[Callable[[ConnectionInfo], psycopg.Connection[Any]]]:
    """Open sessions that are closed at the end of the test."""
    with contextlib.ExitStack() as stack:
        yield lambda info: stack.enter_context(
            contextlib.closing(psycopg.connect(info.conninfo(application_name="somebody"), autocommit=True))
        )
