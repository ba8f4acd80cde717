"""Print the SQL that makes the role for rollback points: ``python -m cutover.postgres.backup.role_sql``."""

from __future__ import annotations

import argparse
import re
import sys

from psycopg import sql

from cutover import sqlfiles

MARK = re.compile(r"^-- == to (?:take them|prove and restore them)\n", re.MULTILINE)


def least_privileges(role: str, database: str, owner: str, *, restores: bool = True) -> str:
    """Return what ``include/sql/roles/backup.sql`` has for these names; it may be run any number of times.

    :param restores: also what proofs and restores need.
    """
    parts = {
        name: kind(value)
        for key, value in (("role", role), ("database", database), ("owner", owner))
        for name, kind in ((key, sql.Identifier), (f"{key}_text", sql.Literal))
    }
    head, take, restore = MARK.split(sqlfiles.compose("roles/backup", **parts).as_string(None))
    return head + take + (restore if restores else "")


def main() -> None:
    """Print it for the names on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--role", default="cutover")
    parser.add_argument("--database", required=True)
    parser.add_argument("--owner", required=True, help="the role that owns the tables")
    parser.add_argument("--take-only", action="store_true", help="nothing is proven or restored by this role")
    asked = parser.parse_args()
    sys.stdout.write(least_privileges(asked.role, asked.database, asked.owner, restores=not asked.take_only))


if __name__ == "__main__":
    main()
