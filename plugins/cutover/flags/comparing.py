"""A shadow read: both sides are asked for the same thing, and whether their answers differ is looked at twice more.

Where the new side follows by replication it is right to be behind: it is asked again for as long as that may be, and
agrees when it says what the old side has said at any time since. Nothing that the other side does reaches the
application: neither its answer nor its error.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

T = TypeVar("T")
# A write may come in between the two questions: what differs is asked again, on both sides.
ATTEMPTS = 3
LONGEST = 2000
# Between two questions to a side that is behind.
FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.1


@dataclass(frozen=True, slots=True)
class Difference:
    """What the sides have answered, as text; an error is an answer, too."""

    what: str
    key: str
    old: str
    new: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Failed:
    """In place of an answer."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Pair(Generic[T]):
    """How each side is asked, and whose answer counts."""

    old: Callable[[], T]
    new: Callable[[], T]
    reads_new: bool

    def own(self) -> T:
        """Ask the side whose answer counts."""
        return self.new() if self.reads_new else self.old()

    def other(self) -> T | Failed:
        """Ask the side that is only compared."""
        return _asked(self.old if self.reads_new else self.new)


def compare(pair: Pair[T], what: str, key: object, version: int) -> tuple[T, Difference | None]:
    """Return the answer that counts, the last one asked, and the difference that stayed.

    An error of the side that counts is the caller's, when it is asked for the first time: once it has answered, that
    asking again fails is no reason to have no answer.
    """
    answer = pair.own()
    other = pair.other()
    for _ in range(ATTEMPTS - 1):
        if same(answer, other):
            return answer, None
        try:
            answer = pair.own()
        except Exception:
            break
        other = pair.other()
    if same(answer, other):
        return answer, None
    old, new = (other, answer) if pair.reads_new else (answer, other)
    return answer, Difference(what, told(key, plain=True), told(old), told(new), version, datetime.now(UTC))


def compare_behind(
    pair: Pair[T], what: str, key: object, version: int, lag: float, wanted: Callable[[], bool]
) -> tuple[T, Difference | None, bool]:
    """The same where the new side may be ``lag`` seconds behind the old one; and whether it was looked at to its end.

    :param wanted: whether there is time for that: somebody who waits for this work is not kept waiting.
    """
    answer, other = pair.own(), pair.other()
    old, new = (other, answer) if pair.reads_new else (answer, other)
    said, ends, pause = [old], time.monotonic() + lag, FIRST_PAUSE
    while not any(same(one, new) for one in said):
        if not wanted():
            return answer, None, False
        if time.monotonic() > ends:
            difference = Difference(what, told(key, plain=True), told(old), told(new), version, datetime.now(UTC))
            return answer, difference, True
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
        old, new = _asked(pair.old), _asked(pair.new)
        said.append(old)
    return answer, None, True


def _asked(side: Callable[[], T]) -> T | Failed:
    try:
        return side()
    except Exception as error:
        return Failed(error)


def same(one: object, other: object) -> bool:
    """Whether two answers are equal; such as cannot be compared are not, and an error is equal to nothing."""
    try:
        return not isinstance(one, Failed) and not isinstance(other, Failed) and bool(one == other)
    except Exception:
        return False


def told(value: Any, *, plain: bool = False) -> str:
    """Return a value as JSON, cut, such that any database takes it. :param plain: text without quotes."""
    if isinstance(value, Failed):
        value, plain = _described(value.error), True
    try:
        text = value if plain and isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text[:LONGEST].replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()[:LONGEST]


def _described(error: Exception) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__
