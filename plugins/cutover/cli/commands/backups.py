"""List rollback points and backups, the newest first: those that are whole. Whether every byte is right, `restore POINT
--check` tells."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta

from cutover.cli import vaults
from cutover.cli.answer import Answer, table
from cutover.cli.connections import resolve
from cutover.messages.words import number, span, volume
from cutover.postgres.backup import Manifest, listing
from cutover.postgres.backup.telling import brief

NAME = "backups"
HELP = "list rollback points and backups"
COLUMNS = ("point", "taken", "age", "database", "size", "rows", "proven", "restore", "note")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("connection", metavar="CONNECTION", nargs="?", help="only of this connection's database")
    vaults.argument_store(parser, "--from", "a folder instead")


def run(arguments: argparse.Namespace) -> Answer:
    dbname = resolve(arguments.connection).dbname if arguments.connection else None
    store = vaults.store(arguments)
    found = listing(store, dbname)
    data = [{**brief(each, store), "tables": len(each.tables), "proven": bool(each.proved)} for each in found]
    empty = f"there are none{f' of database {dbname}' if dbname else ''} in {store.label}"
    now = datetime.now(UTC)
    return Answer(data, table([_row(each, now) for each in found], COLUMNS, empty))


def _row(point: Manifest, now: datetime) -> dict[str, object]:
    return {
        "point": point.name,
        "taken": f"{point.taken:%Y-%m-%d %H:%M:%S} UTC",
        "age": span(max(point.age(now) / timedelta(seconds=1), 0)),
        "database": point.dbname,
        "size": volume(point.size),
        "rows": "schema only" if point.kind == "schema" else number(point.rows),
        "proven": "yes" if point.proved else "no",
        "restore": span(point.proved.restore_seconds) if point.proved else None,
        "note": point.note or None,
    }
