"""Takes, proves or restores in a process to be killed: ``python -m support.backup_child WORD [POINT]``.

Its environment: ``AIRFLOW_CONN_SHOP``, ``AIRFLOW_CONN_INTO``, ``STORE`` (a folder), ``KEY`` (a private key), ``RUN``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pyrage

from cutover.connections import from_environment
from cutover.postgres import backup
from cutover.postgres.backup import FolderStore
from cutover.postgres.task import Work


def main() -> None:
    word, *names = sys.argv[1:]
    key = pyrage.x25519.Identity.from_str(os.environ["KEY"])
    task, store, shop = Work(os.environ["RUN"]), FolderStore(Path(os.environ["STORE"])), from_environment("shop")
    if word == "take":
        backup.take(task, shop, store, [key.to_public()], run_id=os.environ["RUN"])
    elif word == "prove":
        backup.prove(task, shop, store, [key.to_public()], key, run_id=os.environ["RUN"])
    else:
        manifest = backup.check(store, names[0], key, expects=None)
        backup.restore(task, store, manifest, key, from_environment("into"))


if __name__ == "__main__":
    main()
