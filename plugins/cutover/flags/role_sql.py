"""Print the SQL that makes the roles around the store of flags: ``python -m cutover.flags.role_sql``."""

from __future__ import annotations

import argparse
import sys

from psycopg import sql

from cutover import sqlfiles


def least_privileges(role: str, database: str, application: str) -> str:
    """Return what ``include/sql/roles/flags.sql`` has for these names; it may be run any number of times."""
    head = sqlfiles.compose(
        "roles/flags",
        role=sql.Identifier(role),
        role_text=sql.Literal(role),
        database=sql.Identifier(database),
        application=sql.Identifier(application),
    ).as_string(None)
    return head + sqlfiles.text("flags/grants")


def main() -> None:
    """Print it for the names on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--role", default="cutover", help="the role of the strategy")
    parser.add_argument("--database", required=True, help="the database of the store")
    parser.add_argument("--application", required=True, help="the application's login")
    asked = parser.parse_args()
    sys.stdout.write(least_privileges(asked.role, asked.database, asked.application))


if __name__ == "__main__":
    main()
