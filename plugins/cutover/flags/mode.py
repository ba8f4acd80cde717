"""The modes of a dual write, in their order. Whoever goes through them one by one loses nothing."""

from __future__ import annotations

from enum import StrEnum

from cutover.flags.errors import ModeUnknown


class Mode(StrEnum):
    """Which sides are written and read."""

    OLD_ONLY = "old_only"
    DUAL_WRITE_READ_OLD = "dual_write_read_old"
    DUAL_WRITE_READ_NEW = "dual_write_read_new"
    NEW_ONLY = "new_only"

    @classmethod
    def of(cls, word: str) -> Mode:
        """:raises ModeUnknown: naming the modes that there are."""
        try:
            return cls(word)
        except ValueError:
            raise ModeUnknown(f"{word!r} is no mode.", fix=f"use one of {', '.join(MODES)}.") from None

    @property
    def writes_old(self) -> bool:
        return self is not Mode.NEW_ONLY

    @property
    def writes_new(self) -> bool:
        return self is not Mode.OLD_ONLY

    @property
    def place(self) -> int:
        """Its number in the order, from 0."""
        return MODES.index(self)

    def beside(self, other: Mode) -> bool:
        """Whether instances of both may run at the same time: neighbours, or the same."""
        return abs(self.place - other.place) <= 1


MODES = tuple(Mode)
