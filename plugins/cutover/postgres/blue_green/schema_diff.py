"""Is green's schema what it was designed to be, and is blue's still what the design was made from?"""

from __future__ import annotations

import re

from psycopg import sql

from cutover.context import Db, RunContext
from cutover.journal.check import Check, Severity
from cutover.postgres.blue_green import ddl_watch, facts

LISTED = 100
NAMED = 5
# `(ARRAY[a, b])::text[]` is read back as `ARRAY[(a)::text, (b)::text]`: a dump and restore changes how a condition is
# written, once, but not what it says.
CAST_ARRAY = re.compile(r"\(ARRAY\[((?:[^\[\]']|'(?:[^']|'')*')*)\]\)::([a-z_ .\"0-9()]+?)\[\]")
ELEMENT = re.compile(r"((?:[^,']|'(?:[^']|'')*')+)(?:, )?")


def check(green: Db, design: Db) -> Check:
    """Compare green's schema with the design's, object by object: both are databases of one server.

    Tables, columns, defaults, constraints (validated or not), indexes (valid or not), owners, privileges, policies,
    triggers, functions, views, sequences' definitions, comments, statistics, types, extensions and more. Not: our
    own triggers, publications and subscriptions, values of sequences.
    """
    wanted, there = facts.gather(design), facts.gather(green)
    found = facts.differences(wanted, there, words=("is missing on green", "is on green only"), alike=alike)
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


def alike(one: str, other: str) -> bool:
    """Tell whether two facts say the same, one of them perhaps dumped and restored once more than the other."""
    return one == other or settled(one) == settled(other)


def settled(fact: str) -> str:
    """Return a fact as a dump and restore would leave it."""

    def pushed(match: re.Match[str]) -> str:
        inside, kind = match.groups()
        return f"ARRAY[{', '.join(f'({one.strip()})::{kind}' for one in ELEMENT.findall(inside))}]"

    return CAST_ARRAY.sub(pushed, fact)


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
