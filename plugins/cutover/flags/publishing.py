"""Flags as a file, for flagd: always a whole document, and kept up to date."""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from cutover.errors import CutoverError
from cutover.flags.errors import FileNotWritten, FlagUnknown
from cutover.flags.flagd import definitions
from cutover.flags.rows import CHANNEL
from cutover.flags.store import FlagStore
from cutover.postgres.connect import connect

log = logging.getLogger("cutover.flags")
# Also when nothing is heard the store is looked at now and then: a connection may have died without a word.
LOOK_SECONDS, RETRY_SECONDS, LISTEN_SECONDS = 30.0, 1.0, 0.3


def text(found: dict[str, Any]) -> str:
    """Return a document as it is sent and written."""
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def document(store: FlagStore) -> dict[str, Any]:
    """Return flagd's document for all flags of a store; an empty one where there are none (yet)."""
    try:
        return definitions(store.all())
    except FlagUnknown:
        return definitions([])


def write(path: Path, found: dict[str, Any]) -> bool:
    """Put a document in place of the one that is there; return whether it says something else.

    Whoever reads sees the old or the new one, never a part.

    :raises FileNotWritten: with what the system says.
    """
    wanted = text(found)
    place = path.resolve()
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        if place.exists() and place.read_text(encoding="utf-8") == wanted:
            return False
        try:
            with beside.open("w", encoding="utf-8") as file:
                file.write(wanted)
                file.flush()
                os.fsync(file.fileno())
            if place.exists():
                shutil.copymode(place, beside)
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise FileNotWritten(
            f"the definitions cannot be written to {path}: {error}", fix="name a file in a folder that may be written."
        ) from None
    return True


def follow(store: FlagStore, path: Path, over: threading.Event) -> None:
    """Keep a file up to date with each change of a flag, until ``over`` is set.

    While the store is away the file stays as it is.

    :raises FileNotWritten: it can no longer be written.
    """
    while not over.is_set():
        try:
            with connect(store.info, application="cutover/flags/definitions") as db:
                db.execute(f"LISTEN {CHANNEL}".encode())
                _follow(db, store, path, over)
        except FileNotWritten:
            raise
        except (CutoverError, psycopg.Error) as error:
            log.warning("%s stays as it is: %s", path, str(error).strip().splitlines()[0])
        over.wait(RETRY_SECONDS)


def _follow(db: psycopg.Connection[Any], store: FlagStore, path: Path, over: threading.Event) -> None:
    while not over.is_set():
        if write(path, document(store)):
            log.info("%s is written", path)
        ends, heard = time.monotonic() + LOOK_SECONDS, False
        while not (heard or over.is_set()) and time.monotonic() < ends:
            heard = any(True for _ in db.notifies(timeout=LISTEN_SECONDS, stop_after=1))
