"""One local stack for all tests of the whole, with migrations of the tests beside the project's own."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from localstack.places import ROOT, open_temp
from localstack.ports import free_port
from localstack.stack import Stack
from support.staging import prepare

OWN = "migrations"
MIGRATIONS = (ROOT / "include" / "migrations", Path(__file__).parent / "migrations")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A running stack in a state folder of its own; ``CUTOVER_STATE`` leads every child process to it."""
    folder = Path(tempfile.mkdtemp(prefix="cutover-e2e-", dir=open_temp()))
    folder.chmod(0o711)
    own = folder / OWN  # for what a test writes
    own.mkdir()
    own.chmod(0o755)
    more = {"CUTOVER_STATE": str(folder), "CUTOVER_MIGRATIONS": os.pathsep.join(map(str, (*MIGRATIONS, own)))}
    before = {name: os.environ.get(name) for name in more}
    # pytest knows Ctrl-C only; a runner that gives up must not leave Airflow behind.
    usual = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ.update(more)
    made = Stack(folder, warm=True)
    try:
        yield made.up(port=free_port(), say=lambda _: None)
    finally:
        made.down(purge=True, say=lambda _: None)
        signal.signal(signal.SIGTERM, usual)
        shutil.rmtree(folder, ignore_errors=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@pytest.fixture(scope="module")
def staging(stack: Stack) -> Stack:
    """The stack, with a shop on its staging database."""
    prepare(stack)
    return stack
