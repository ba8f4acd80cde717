"""Restore a rollback point or a backup into an empty database, which is made where it is missing. Never over anything:
a database that has something in it is refused. Every byte is checked before anything is touched."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cutover.cli import opened, vaults
from cutover.cli.answer import Answer, UsageError
from cutover.cli.connections import resolve
from cutover.connections import ConnectionInfo
from cutover.messages.words import span, volume
from cutover.postgres import maintenance
from cutover.postgres.backup import Manifest, Vault, check, load, restore
from cutover.postgres.backup.counting import counted
from cutover.postgres.backup.restoring import refuse_filled
from cutover.postgres.task import Work

NAME = "restore"
HELP = "restore a backup into an empty database"
STEP = "restore"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("point", metavar="POINT", help="as `backups` lists it")
    parser.add_argument("--into", metavar="CONNECTION", help="id of a connection to the server, and the database")
    parser.add_argument("--database", metavar="NAME", help="another database than that of the connection")
    parser.add_argument("--check", action="store_true", help="only read every byte, and see that the key fits")
    vaults.argument_store(parser, "--from", "a folder instead")
    vaults.argument_key(parser)
    vaults.argument_workers(parser)
    opened.argument_yes(parser)


def run(arguments: argparse.Namespace) -> Answer:
    if bool(arguments.into) == arguments.check:
        raise UsageError("say where it shall go, or that it shall only be checked.", fix="add --into or --check.")
    vault, task = vaults.reading(arguments), vaults.work()
    if arguments.check:
        checked = check(vault.store, arguments.point, vault.identity, expects=None, ctx=task)
        data = {"point": checked.name, "bytes": checked.size, "good": True}
        return Answer(
            data, f"{checked.name}: {volume(checked.size)} in {len(checked.parts)} parts, every byte is right"
        )
    manifest = load(vault.store, arguments.point)
    into = resolve(arguments.into)
    into = replace(into, dbname=arguments.database) if arguments.database else into
    there = _empty(task, into)
    opened.ask(arguments, "restore", _question(manifest, into, there=there))
    check(vault.store, manifest.name, vault.identity, expects=None, ctx=task)
    figures = _restore(task, vault, manifest, into, arguments.workers, there=there)
    return Answer({"point": manifest.name, "database": into.label(), **figures}, _text(manifest, into, figures))


def _empty(task: Work, into: ConnectionInfo) -> bool:
    """Return whether the database is there. :raises NotEmpty: and has something in it."""
    if not maintenance.there(task, into, STEP):
        return False
    with task.open(into, STEP) as db:
        refuse_filled(db, into)
    return True


def _restore(
    task: Work, vault: Vault, manifest: Manifest, into: ConnectionInfo, workers: int, *, there: bool
) -> dict[str, Any]:
    """Restore and count. A database that was made for it goes again when that fails, so it can be tried once more."""
    if not there:
        with maintenance.beside(task, into, STEP) as db:
            maintenance.make_with(db, into.dbname, manifest.locale)
    try:
        figures = restore(task, vault.store, manifest, vault.identity, into, workers=workers)
        counted(task, into, manifest)
    except BaseException:
        if not there:
            with maintenance.beside(Work(task.run_id, task.log), into, STEP) as db:
                maintenance.drop(db, into.dbname)
        raise
    return figures


def _question(manifest: Manifest, into: ConnectionInfo, *, there: bool) -> str:
    age = span(max(manifest.age(datetime.now(UTC)) / timedelta(seconds=1), 0))
    lasts = f", which took {span(manifest.proved.restore_seconds)} when it was proven" if manifest.proved else ""
    return (
        f"{manifest.name} of {manifest.database}\n  as of {manifest.taken:%Y-%m-%d %H:%M:%S} UTC, {age} ago:"
        f" nothing that was written since is in it\n  {volume(manifest.size)}, {manifest.rows:,} rows{lasts}\n"
        f"  into {into.label()}, {'which is empty' if there else 'which is made'}"
    )


def _text(manifest: Manifest, into: ConnectionInfo, figures: dict[str, Any]) -> str:
    remarks = "".join(f"\n  {remark}" for remark in figures["remarks"])
    return (
        f"{into.label()} is {manifest.dbname} as of {manifest.taken:%Y-%m-%d %H:%M:%S} UTC: {manifest.rows:,} rows,"
        f" all counted, in {span(figures['seconds'])}{remarks}"
    )
