"""Where backups are, for the command line: a store behind a connection, or a folder; and the keys."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cutover.cli.answer import UsageError
from cutover.cli.connections import resolve
from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.backup import FolderStore, Store, Vault, from_connection, identity, open_vault, recipients
from cutover.postgres.task import Work
from cutover.spec.window import Backup

DEFAULTS = Backup()


def argument_store(parser: argparse.ArgumentParser, folder: str, what: str) -> None:
    """Add the options that say where backups are.

    :param folder: the option for a folder: ``--to`` or ``--from``.
    """
    parser.add_argument(
        "--store", metavar="ID", default=DEFAULTS.store, help=f"connection of the store ({DEFAULTS.store})"
    )
    parser.add_argument(folder, dest="folder", type=Path, metavar="FOLDER", help=what)


def argument_key(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the private key."""
    text = f"connection whose password is the private key ({DEFAULTS.key})"
    parser.add_argument("--key", metavar="ID", default=DEFAULTS.key, help=text)


def argument_workers(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how much is done at a time."""
    parser.add_argument("--workers", metavar="N", type=_workers, default=DEFAULTS.workers, help="streams at a time (2)")


def store(arguments: argparse.Namespace) -> Store:
    """Open the store that the options name. :raises StoreUnknown, ConnectionUnknown: there is none."""
    return FolderStore(arguments.folder.absolute()) if arguments.folder else open_store(resolve(arguments.store))


def reading(arguments: argparse.Namespace) -> Vault:
    """Open the store with the private key. :raises NoKey: the connection holds none."""
    return Vault(store(arguments), (), identity(resolve(arguments.key)))


def writing(arguments: argparse.Namespace, named: Sequence[str], *, prove: bool) -> Vault:
    """Open the store with the public keys, and the private one for a proof.

    :param named: public keys instead of those of the store's connection.
    :raises NoRecipient: nobody could read what is written.
    """
    to = recipients(_named(arguments.store, named) if named else resolve(arguments.store))
    return Vault(store(arguments), to, identity(resolve(arguments.key)) if prove else None)


def of(ctx: RunContext, *, must: bool) -> Vault | None:
    """Open the store that a run's migration names, with its keys.

    :param must: otherwise None where it cannot be opened: whoever needs it says so then.
    """
    try:
        return open_vault(ctx.resolve, ctx.spec.backup.store, ctx.spec.backup.key, open_store)
    except CutoverError:
        if must:
            raise
        return None


def work() -> Work:
    """Return the task of a command: told in the log, that is on stderr."""
    return Work("manual")


def _named(conn_id: str, keys: Sequence[str]) -> ConnectionInfo:
    return ConnectionInfo(conn_id, settings={"age_recipients": " ".join(keys)})


def open_store(info: ConnectionInfo) -> Store:
    """Open the store behind a connection. :raises UsageError: it takes Airflow's provider, which is not here."""
    if info.kind != "aws":
        return from_connection(info)
    # Airflow prints warnings to where it finds stdout; there the command's answer goes.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            from cutover.operators import stores
        except ImportError as error:
            raise UsageError(
                f"the store {info.conn_id!r} is an S3, and Airflow's provider for it is not installed ({error.name}).",
                fix="run this where Airflow is installed, or name a folder.",
            ) from None
        return stores.open_store(info)


def _workers(text: str) -> Any:
    if not text.isdigit() or not 1 <= int(text) <= 32:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 32")
    return int(text)
