"""Takes a run back to a rollback point, to be killed: ``python -m support.last_resort_child RUN BACKUPS POINT``."""

from __future__ import annotations

import sys
from pathlib import Path

from cutover.connections import from_environment
from cutover.journal.store import Journal
from cutover.opening import open_run
from cutover.postgres import last_resort
from cutover.postgres.backup import FolderStore, Vault, identity


def main() -> None:
    run_id, backups, point = sys.argv[1:]
    ctx = open_run(run_id, Journal(from_environment("cutover_journal")), from_environment)
    key = identity(from_environment("cutover_age"))
    vault = Vault(FolderStore(Path(backups)), [key.to_public()], key)
    last_resort.restore(ctx, point, vault, accept_loss=True)


if __name__ == "__main__":
    main()
