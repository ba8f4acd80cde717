"""A small world in two shapes: four old tables become two new ones, and back."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import psycopg
import yaml

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.journal.store import Journal
from cutover.postgres.dual_write.shape import Shape
from cutover.spec import loader

OLD = """
CREATE TABLE admins (id bigint PRIMARY KEY, email text NOT NULL, name text);
CREATE TABLE settings (admin_id bigint NOT NULL REFERENCES admins ON DELETE CASCADE, name text, value jsonb,
                       PRIMARY KEY (admin_id, name));
CREATE TABLE sessions (id uuid PRIMARY KEY, admin_id bigint REFERENCES admins ON DELETE CASCADE, until timestamptz);
CREATE TABLE notices (id bigint PRIMARY KEY, admin_id bigint REFERENCES admins ON DELETE CASCADE, body text);
"""
NEW = """
CREATE TABLE accounts (id bigint PRIMARY KEY, email text NOT NULL, name text, settings json NOT NULL,
                       sessions int NOT NULL);
CREATE TABLE messages (account_id bigint NOT NULL, kind text NOT NULL, ref text NOT NULL, body text,
                       PRIMARY KEY (account_id, kind, ref));
"""
ACCOUNTS = """
SELECT a.id, a.email, a.name,
       coalesce((SELECT jsonb_object_agg(s.name, s.value ORDER BY s.name) FROM settings AS s WHERE s.admin_id = a.id),
                '{}')::json AS settings,
       (SELECT count(*)::int FROM sessions AS s WHERE s.admin_id = a.id) AS sessions
FROM admins AS a
"""
MESSAGES = """
SELECT n.admin_id AS account_id, 'notice' AS kind, n.id::text AS ref, n.body
FROM notices AS n WHERE n.admin_id IS NOT NULL
UNION ALL
SELECT s.admin_id, 'session', s.id::text, s.until::text FROM sessions AS s WHERE s.admin_id IS NOT NULL
"""
SHAPES = [
    Shape(
        "public",
        "accounts",
        ("id",),
        ACCOUNTS,
        {
            ("public", "admins"): "SELECT r.id",
            ("public", "settings"): "SELECT r.admin_id",
            ("public", "sessions"): "SELECT r.admin_id",
        },
        ("id", "email", "name", "settings", "sessions"),
        ("bigint",),
    ),
    Shape(
        "public",
        "messages",
        ("account_id", "kind", "ref"),
        MESSAGES,
        {
            ("public", "notices"): "SELECT r.admin_id, 'notice', r.id::text",
            ("public", "sessions"): "SELECT r.admin_id, 'session', r.id::text",
        },
        ("account_id", "kind", "ref", "body"),
        ("bigint", "text", "text"),
    ),
]


class DualWorld:
    """A database with both shapes, and a run."""

    def __init__(self, folder: Path, info: ConnectionInfo, journal: Journal) -> None:
        self.info, self.journal = info, journal
        self.sql(OLD + NEW)
        spec = {"name": "trial", "title": "A trial", "strategy": "online", "owner": "tests", "source": "shop"}
        spec |= {"tables": [{"name": "public.admins", "alter": "alter.sql"}]}
        (folder / "trial").mkdir()
        (folder / "trial" / "alter.sql").write_text("ALTER TABLE admins ADD COLUMN later int")
        (folder / "trial" / "migration.yaml").write_text(yaml.safe_dump(spec))
        migration = loader.load(folder / "trial")
        journal.begin_run("trial.1", migration="trial", strategy="dual_write", database="x", title="x", spec={})
        self.ctx = RunContext("trial.1", migration, journal, lambda _: info, logging.getLogger("cutover"))

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.info.conninfo(), autocommit=True) as db:
            cursor = db.execute(text.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def differing(self) -> list[Any]:
        """Rows that only one of shape and query has."""
        found = []
        for shape in SHAPES:
            columns = ", ".join(f"{name}::text" for name in shape.columns)
            one, other = f"SELECT {columns} FROM ({shape.rows}) q", f"SELECT {columns} FROM {shape.name}"
            found += [
                (shape.name, *row)
                for row in self.sql(f"({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one})")
            ]
        return found
