"""Runs steps of a window in a process to be killed: ``python -m support.window_child RUN BACKUPS STEP...``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from cutover.connections import from_environment
from cutover.journal.store import Journal
from cutover.opening import open_run
from cutover.postgres import stop_the_world
from cutover.postgres.backup import FolderStore, Vault, identity


def main() -> None:
    run_id, backups, *steps = sys.argv[1:]
    ctx = open_run(run_id, Journal(from_environment("cutover_journal")), from_environment)
    key = identity(from_environment("cutover_age"))
    vault = Vault(FolderStore(Path(backups)), [key.to_public()], key)
    for step in steps:
        more: dict[str, Any] = {"vault": vault} if step in ("save", "roll_back") else {}
        getattr(stop_the_world, step)(ctx, **more)


if __name__ == "__main__":
    main()
