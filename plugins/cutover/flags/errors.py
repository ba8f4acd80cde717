"""What can go wrong with flags, each with a code that tickets can cite."""

from __future__ import annotations

from cutover.errors import CutoverError


class FlagUnknown(CutoverError):
    """There is no flag of this name."""

    code = "FLG001"


class ModeUnknown(CutoverError):
    """A word that is no mode."""

    code = "FLG002"


class ModeRefused(CutoverError):
    """The flag cannot be set like that: a phase would be left out, or a share is none."""

    code = "FLG003"


class FlagChanged(CutoverError):
    """Somebody else has changed the flag meanwhile."""

    code = "FLG004"


class FlagStoreAway(CutoverError):
    """The store of flags cannot be reached, or not for longer than the lease."""

    code = "FLG005"


class HoldOver(CutoverError):
    """The hold under which the flag was to be changed has ended: instances may have gone on."""

    code = "FLG006"


class StillHeld(CutoverError):
    """The flag was held for longer than a piece of work would wait."""

    code = "FLG007"


class ReadsOnly(CutoverError):
    """A piece of work that was begun for reading only is about to write."""

    code = "FLG008"


class FileNotWritten(CutoverError):
    """The file of definitions cannot be written."""

    code = "FLG009"
