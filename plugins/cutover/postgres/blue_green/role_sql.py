"""Print the SQL that makes the role of the blue-green strategy: ``python -m cutover.postgres.blue_green.role_sql``."""

from __future__ import annotations

import argparse
import re
import sys

from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.blue_green.names import SideName

MARK = re.compile(r"^-- == on (both sides|green)\n", re.MULTILINE)


def least_privileges(side: SideName, role: str, database: str, owner: str) -> str:
    """Return what ``include/sql/roles/blue_green.sql`` has for ``side``; it may be run any number of times."""
    parts = {
        name: kind(value)
        for key, value in (("role", role), ("database", database), ("owner", owner))
        for name, kind in ((key, sql.Identifier), (f"{key}_text", sql.Literal))
    }
    head, _, both, _, green = MARK.split(sqlfiles.compose("roles/blue_green", **parts).as_string(None))
    return head + both + (green if side == "green" else "")


def main() -> None:
    """Print it for the names on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", choices=("blue", "green"), required=True)
    parser.add_argument("--role", default="cutover")
    parser.add_argument("--database", required=True, help="the database on that side")
    parser.add_argument("--owner", required=True, help="the role that owns the tables")
    asked = parser.parse_args()
    sys.stdout.write(least_privileges(asked.side, asked.role, asked.database, asked.owner))


if __name__ == "__main__":
    main()
