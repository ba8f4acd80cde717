"""Print the SQL that makes the role of maintenance windows: ``python -m cutover.postgres.stop_the_world.role_sql``."""

from __future__ import annotations

import argparse
import re
import sys

from psycopg import sql

from cutover import sqlfiles

MARK = re.compile(r"^-- == (?:on every server|where databases are made)\n", re.MULTILINE)


def least_privileges(role: str, database: str, owner: str, *, makes_databases: bool) -> str:
    """Return what ``include/sql/roles/stop_the_world.sql`` has for these names; it may be run any number of times.

    :param makes_databases: in place, and on the other server; not on a source that another database takes over from.
    """
    parts = {
        name: kind(value)
        for key, value in (("role", role), ("database", database), ("owner", owner))
        for name, kind in ((key, sql.Identifier), (f"{key}_text", sql.Literal))
    }
    head, everywhere, making = MARK.split(sqlfiles.compose("roles/stop_the_world", **parts).as_string(None))
    return head + everywhere + (making if makes_databases else "")


def main() -> None:
    """Print it for the names on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--role", default="cutover")
    parser.add_argument("--database", required=True, help="the database on that server")
    parser.add_argument("--owner", required=True, help="the role that owns the tables")
    parser.add_argument("--makes-databases", action="store_true", help="in place, or on the other database's server")
    asked = parser.parse_args()
    said = least_privileges(asked.role, asked.database, asked.owner, makes_databases=asked.makes_databases)
    sys.stdout.write(said)


if __name__ == "__main__":
    main()
