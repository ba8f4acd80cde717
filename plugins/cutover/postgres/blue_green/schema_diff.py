"""Is green's schema what it was designed to be, and is blue's still what the design was made from?"""

from __future__ import annotations

from psycopg import sql

from cutover.context import Db, RunContext
from cutover.journal.check import Check, Severity
from cutover.postgres import schema_facts
from cutover.postgres.blue_green import ddl_watch

LISTED = 100
NAMED = 5


def check(green: Db, design: Db) -> Check:
    """Compare green's schema with the design's, object by object: both are databases of one server.

    Tables, columns, defaults, constraints (validated or not), indexes (valid or not), owners, privileges, policies,
    triggers, functions, views, sequences' definitions, comments, statistics, types, extensions and more. Not: our
    own triggers, publications and subscriptions, values of sequences.
    """
    wanted, there = schema_facts.gather(design), schema_facts.gather(green)
    found = schema_facts.differences(
        wanted, there, words=("is missing on green", "is on green only"), alike=schema_facts.alike
    )
    return _verdict("SCHEMA_DIFF", "schema of green", found, len(wanted), f"all {len(wanted):,} facts as designed")


def check_unchanged(ctx: RunContext, db: Db, side: str, *, severity: Severity = "error") -> Check:
    """Compare the schema of ``side`` with what it was when the other one was made from it."""
    found = ddl_watch.changes(ctx, db)
    return _verdict("SCHEMA_CHANGED", f"schema of {side}", found, 0, "unchanged since the run began", severity)


def check_matviews(blue: Db, green: Db) -> Check:
    """See that what can be read on blue can be read on green: materialized views that are filled there, are here."""
    empty = sorted(_matviews(green, filled=False) & _matviews(blue, filled=True))
    return _verdict(
        "MATVIEWS", "materialized views", [f"{name} is not filled on green" for name in empty], 0, "filled as on blue"
    )


def _matviews(db: Db, *, filled: bool) -> set[str]:
    query = sql.SQL(
        "SELECT format('%I.%I', schemaname, matviewname) FROM pg_catalog.pg_matviews WHERE ispopulated = {}"
    ).format(filled)
    return {row[0] for row in db.execute(query)}


def _verdict(code: str, name: str, found: list[str], compared: int, good: str, severity: Severity = "error") -> Check:
    more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
    summary = "; ".join(found[:NAMED]) + more if found else good
    figures = {"differences": len(found), "first": found[:LISTED], **({"compared": compared} if compared else {})}
    return Check(code, name, not found, severity, summary, figures)
