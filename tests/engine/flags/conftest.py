"""A store with one flag, and what the tests of flags share."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from cutover.connections import ConnectionInfo
from cutover.flags import MODES, FlagClient, FlagStore, FlagStoreAway, Mode

NAME = "crm_split"
SHORT = timedelta(seconds=1)


@pytest.fixture
def store(database: ConnectionInfo) -> FlagStore:
    made = FlagStore(database)
    made.create(NAME, by="tests")
    return made


def client(store: FlagStore, instance: str = "one", lease: timedelta = timedelta(seconds=5)) -> FlagClient:
    return FlagClient(store.info, NAME, application="shop", instance=instance, lease=lease)


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it does not come"
        time.sleep(0.01)


def forward(store: FlagStore, mode: Mode, **more: float) -> int:
    """Go through the modes up to ``mode``; returns the flag's version."""
    flag = store.get(NAME)
    for step in MODES[flag.mode.place + 1 : mode.place + 1]:
        flag = store.set(flag, step, by="olga", **(more if step is mode else {}))
    return flag.version


def refuses(check: Callable[[], object]) -> bool:
    try:
        check()
    except FlagStoreAway:
        return True
    return False
