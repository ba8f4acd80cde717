"""A database behind a pooler with clients, a migration of it in a maintenance window, and a folder for its backups."""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pyrage

from cutover.connections import ConnectionInfo
from cutover.postgres import stop_the_world
from cutover.postgres.backup import Vault
from cutover.postgres.backup.folder import FolderStore
from cutover.postgres.blue_green.names import SideName
from localstack.databases import ensure_role
from support.connections import Connections
from support.pair_link import APP, PASSWORD, SCHEMA, Link

UP = """
ALTER TABLE account ADD COLUMN country text NOT NULL DEFAULT 'DE';
ALTER TABLE entry ALTER COLUMN id TYPE numeric;
CREATE TABLE audit (id bigserial PRIMARY KEY, what text NOT NULL);
INSERT INTO audit (what) SELECT owner FROM account ORDER BY id LIMIT 7;
GRANT SELECT, INSERT ON audit TO link_app;
"""
UP_ACROSS = """
ALTER TABLE account ADD COLUMN country text NOT NULL DEFAULT 'DE';
CREATE INDEX entry_account ON entry (account);
"""


@dataclass
class Stage(Link):
    """``blue`` is the source. Across, ``green`` is the other database's server; in place it is the same."""

    across: bool = True
    folder: Path = Path()
    runs: int = 0
    vault: Vault = field(init=False)

    def make(self, folder: Path, connections: Connections, **spec: Any) -> Stage:
        """Create the source with some rows, and begin a run."""
        self.folder, self._connections, self._spec = folder, connections, spec
        self.blue.create_database(self.dbname)
        self.sql("blue", SCHEMA)
        self.connect(connections)
        identity = pyrage.x25519.Identity.generate()
        self.vault = Vault(FolderStore(folder.parent / f"{folder.name}-backups"), [identity.to_public()], identity)
        connections("cutover_backups", ConnectionInfo("cutover_backups", settings={"path": "unused"}))
        connections("cutover_age", ConnectionInfo("cutover_age", password=str(identity)))
        self.again()
        return self

    def again(self, **more: Any) -> None:
        """Begin a run, after the one before it has ended."""
        if self.runs:
            self.journal.set_state(self.ctx.run_id, "rolled_back")
        self.runs += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        spec = {
            "strategy": "stop_the_world",
            "target": "link_green" if self.across else None,
            "schema": {"up": "up.sql"},
            "cutover": {"drain": "2s"},
            "rollback": {"old_database": "keep"},
            **self._spec,
            **more,
        }
        for name, text in {"up.sql": spec.pop("up", UP_ACROSS if self.across else UP), **spec.pop("files", {})}.items():
            (self.folder / name).write_text(text)
        self.ctx = self.begin(self.folder, self._connections, spec, self.runs)

    @property
    def new(self) -> SideName:
        return "green" if self.across else "blue"

    def forward(self, *, until: str = "open_doors") -> dict[str, Any]:
        """Run the steps up to and with one of them; returns what that returned."""
        steps = {
            "close": stop_the_world.close,
            "save": lambda ctx: stop_the_world.save(ctx, self.vault),
            "migrate": stop_the_world.migrate,
            "verify": self.verified,
            "open_doors": stop_the_world.open_doors,
        }
        for name, step in steps.items():
            done: Any = step(self.ctx)
            if name == until:
                return done  # type: ignore[no-any-return]
        raise AssertionError(f"no step {until}")

    def verified(self, ctx: Any) -> list[dict[str, Any]]:
        checks = stop_the_world.verify(ctx)
        assert [check for check in checks if not check["ok"]] == []
        return checks

    def back(self, **options: Any) -> dict[str, Any]:
        return stop_the_world.roll_back(self.ctx, vault=self.vault, **options)

    def direct(self, **settings: str) -> psycopg.Connection[Any]:
        """Connect as an application that does not go through the pooler."""
        info = dataclasses.replace(self.info("blue"), user=APP, password=PASSWORD)
        return psycopg.connect(info.conninfo(**settings), autocommit=True)

    def fingerprint(self, side: SideName = "blue") -> dict[str, Any]:
        """Everything that a rollback has to bring back: rows, columns, sequences, what belongs to the database."""
        tables = [
            row[0] for row in self.sql(side, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        ]
        return {
            "rows": {name: self.sql(side, f"SELECT t::text FROM {name} AS t ORDER BY 1") for name in tables},
            "columns": self.sql(
                side,
                "SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod) FROM pg_attribute"
                " JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND attnum > 0"
                " AND NOT attisdropped ORDER BY 1, 2",
            ),
            "sequences": self.sql(side, "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"),
            "owner": self.sql(
                side,
                "SELECT datdba::regrole::text, datacl::text, shobj_description(oid, 'pg_database') FROM pg_database"
                " WHERE datname = current_database()",
            ),
            "settings": self.sql(
                side,
                "SELECT setrole::regrole::text, setconfig FROM pg_db_role_setting s JOIN pg_database d"
                " ON d.oid = s.setdatabase WHERE datname = current_database() ORDER BY 1",
            ),
        }

    def databases(self) -> list[str]:
        """Databases that runs have made beside the one that they migrate."""
        found = []
        for cluster in {id(each): each for each in (self.blue, self.green)}.values():
            with contextlib.closing(cluster.connect()) as db:
                rows = db.execute(
                    "SELECT datname FROM pg_database WHERE datname LIKE 'cutover%%' OR datname LIKE %s ORDER BY 1",
                    (f"{self.dbname}\\_%",),
                ).fetchall()
                found += [row[0] for row in rows]
        return found

    def left(self) -> list[str]:
        """What runs have left anywhere."""
        there = ["blue", *(["green"] if self.across and self.green_is_there() else [])]
        return [f"{side}: {what}" for side in there for what in self.leftovers(side)] + self.databases()  # type: ignore[arg-type]

    def green_is_there(self) -> bool:
        with contextlib.closing(self.green.connect()) as db:
            return db.execute("SELECT FROM pg_database WHERE datname = %s", (self.dbname,)).rowcount == 1

    def drop(self) -> None:
        for name in [*self.databases(), self.dbname]:
            for cluster in {id(each): each for each in (self.blue, self.green)}.values():
                cluster.drop_database(name)


def ready(stage: Stage) -> None:
    """Make the application's role on both servers."""
    for cluster in {id(each): each for each in (stage.blue, stage.green)}.values():
        ensure_role(cluster, APP, PASSWORD)
