"""Read the files that a spec names, and only those within its folder."""

from __future__ import annotations

import difflib
from pathlib import Path, PurePosixPath

MAX_BYTES = 5_000_000
Stamp = tuple[int, int, int] | None


class FileRefused(Exception):
    """A file cannot be used; ``args`` are what is wrong and what would be right."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message, fix)
        self.message, self.fix = message, fix


def stamp(path: Path) -> Stamp:
    """Return what changes when the file does; ``None`` while it is not there."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def read_inside(folder: Path, name: str) -> str:
    """Return the text of ``folder/name``.

    :raises FileRefused: absolute, outside of the folder (``..`` or a symbolic link), missing, too large, no UTF-8.
    """
    _check_name(name)
    path = folder / name
    try:
        real, home = path.resolve(strict=True), folder.resolve(strict=True)
    except (OSError, RuntimeError):
        raise FileRefused(f"the file {name!r} is missing", _nearest(folder, name)) from None
    if not real.is_relative_to(home):
        raise FileRefused(
            f"{name!r} is a link that leads out of the migration's folder", "copy the file into the folder"
        )
    if not real.is_file():
        raise FileRefused(f"{name!r} is no file", "name a .sql file in the folder")
    return read_text(real, name)


def read_text(path: Path, name: str) -> str:
    """Return the text of ``path``; ``name`` is for the errors."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileRefused(f"{name!r} is larger than {MAX_BYTES // 1_000_000} MB", "keep data out of migrations")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(f"{name!r} is no UTF-8 at byte {error.start}", "save it as UTF-8") from None
    except OSError as error:
        raise FileRefused(f"{name!r} cannot be read: {error.strerror}", "check its permissions") from None
    if "\x00" in text:
        raise FileRefused(f"{name!r} has a NUL character", "save it as plain text in UTF-8")
    return text.replace("\r\n", "\n")


def _check_name(name: str) -> None:
    pure = PurePosixPath(name)
    if pure.is_absolute() or name.startswith("~") or "\\" in name or ":" in name:
        raise FileRefused(f"{name!r} is no path within the migration's folder", "write a relative path such as up.sql")
    if ".." in pure.parts:
        raise FileRefused(f"{name!r} leads out of the migration's folder", "put the file into the folder")
    if str(pure) != name or any(ord(char) < 32 or ord(char) == 127 for char in name):
        raise FileRefused(f"{name!r} is no plain path", f"write {str(pure)!r}" if str(pure) != name else None)
    if pure.suffix != ".sql":
        raise FileRefused(f"{name!r} does not end in .sql", "SQL lives in .sql files")


def _nearest(folder: Path, name: str) -> str:
    there = sorted(str(p.relative_to(folder)) for p in folder.glob("**/*.sql"))
    near = difflib.get_close_matches(name, there, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"the folder has {', '.join(there[:10])}" if there else "the folder has no .sql file"
