"""Back a database up: encrypted on its way into the store, and proven by a restore into a scratch database.

Writers are not held up. It is one snapshot; without Cutover `age` and `pg_restore` read it, see docs/backups.md.
"""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from cutover.cli import vaults
from cutover.cli.answer import Answer
from cutover.cli.connections import resolve
from cutover.messages.words import span, volume
from cutover.postgres.backup import BACKUPS, Manifest, Vault, prove, take
from cutover.postgres.backup.telling import brief
from cutover.spec.durations import parse_duration

NAME = "backup"
HELP = "back a database up"


def arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("connection", metavar="CONNECTION", help="id of the database's connection")
    add("--schema-only", action="store_true", help="no rows")
    vaults.argument_store(parser, "--to", "a folder instead; encrypted for whom the store's connection names")
    told = "encrypt for this public key instead; may be repeated"
    add("--recipient", metavar="age1...", action="append", default=[], help=told)
    add("--unproven", action="store_true", help="do not restore it; needs no private key")
    add("--on", metavar="ID", help="connection to the server for the proof; left out: its own")
    vaults.argument_key(parser)
    vaults.argument_workers(parser)
    add(
        "--keep", metavar="TIME", type=_duration, help="not retired before (90d); left out: as all backups of the store"
    )
    add("--note", default="", help="what it is for")


def run(arguments: argparse.Namespace) -> Answer:
    info = resolve(arguments.connection)
    vault = vaults.writing(arguments, arguments.recipient, prove=not arguments.unproven)
    made = _make(arguments, vault, info)
    data = {**brief(made, vault.store), "tables": len(made.tables), "seconds": made.seconds}
    return Answer({**data, "proven": bool(made.proved)}, _text(made, vault))


def _make(arguments: argparse.Namespace, vault: Vault, info: Any) -> Manifest:
    chosen: dict[str, Any] = {
        "name_prefix": BACKUPS,
        "kind": "schema" if arguments.schema_only else "full",
        "workers": arguments.workers,
        "keep": arguments.keep,
        "note": arguments.note,
    }
    task = vaults.work()
    if arguments.unproven:
        return take(task, info, vault.store, vault.recipients, **chosen)
    on = resolve(arguments.on) if arguments.on else None
    return prove(task, info, vault.store, vault.recipients, vault.identity, on=on, **chosen)


def _text(made: Manifest, vault: Vault) -> str:
    tables = f"{len(made.tables)} table{'' if len(made.tables) == 1 else 's'}"
    held = "no rows" if made.kind == "schema" else f"{made.rows:,} rows of {tables}"
    lines = [
        made.name,
        f"in {vault.store.label}: {volume(made.size)}, {held}, as of {made.taken:%Y-%m-%d %H:%M:%S} UTC,"
        f" taken in {span(made.seconds)}",
    ]
    if made.proved:
        lines.append(f"proven: restored in {span(made.proved.restore_seconds)}, and nothing differs")
    else:
        lines.append("not proven: nobody has tried to restore it")
    return "\n".join(lines)


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
