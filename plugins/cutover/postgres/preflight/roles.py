"""The SQL that makes the online strategy's role: ``python -m cutover.postgres.preflight.roles --help``."""

from __future__ import annotations

import argparse
import sys

from psycopg import sql

from cutover import sqlfiles


def online_role(role: str, database: str, schema: str, owner: str) -> str:
    """Return ``include/sql/roles/online.sql`` for these names; it may be run any number of times."""
    return sqlfiles.compose(
        "roles/online",
        role=sql.Identifier(role),
        role_text=sql.Literal(role),
        database=sql.Identifier(database),
        schema=sql.Identifier(schema),
        owner=sql.Identifier(owner),
    ).as_string(None)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m cutover.postgres.preflight.roles", description=__doc__)
    parser.add_argument("--role", default="cutover", help="the role to make (default: %(default)s)")
    parser.add_argument("--database", required=True, help="the database to be migrated")
    parser.add_argument("--schema", default="public", help="the schema of its tables (default: %(default)s)")
    parser.add_argument("--owner", required=True, help="the role that owns the tables")
    wanted = parser.parse_args(arguments)
    sys.stdout.write(online_role(wanted.role, wanted.database, wanted.schema, wanted.owner))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
