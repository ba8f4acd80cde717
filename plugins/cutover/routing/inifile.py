"""Change where one entry of PgBouncer's ``[databases]`` leads, and leave every other byte of the file as it is."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path

from cutover.routing.router import Place, RouterFailed

SECTION = re.compile(r"^\s*\[\s*(?P<name>[^\]]+?)\s*\]")
INCLUDE = re.compile(r"^\s*%include\s+(?P<file>\S.*?)\s*$")
# key=value; a value in quotes doubles the quotes that it contains.
PAIR = re.compile(r"(?P<key>[A-Za-z_]\w*)\s*=\s*(?P<value>'(?:[^']|'')*'|[^\s']+)")


def point(config: Path, name: str, place: Place) -> bool:
    """Let the entry ``name`` lead to ``place``; return whether the file had to be changed.

    The new file takes the old one's place at once, with its owner and mode.

    :raises RouterFailed: there is no such entry, or the file cannot be written.
    """
    file, lines, number = _find(config, name)
    head, _, rest = lines[number].partition("=")
    lines[number] = f"{head.rstrip()} = {_led(rest, place)}\n"
    text = "".join(lines)
    if text == file.read_text(encoding="utf-8"):
        return False
    _replace(file, text)
    return True


def entry(config: Path, name: str) -> dict[str, str]:
    """Return the entry's settings.

    :raises RouterFailed: there is no such entry.
    """
    _, lines, number = _find(config, name)
    return _pairs(lines[number].partition("=")[2])


def refuse_unwritable(config: Path, name: str) -> None:
    """:raises RouterFailed: the entry is not there, or :func:`point` could not change it."""
    file = _find(config, name)[0].resolve()
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise _not_replaced(file, "no right to write there")


def _find(config: Path, name: str) -> tuple[Path, list[str], int]:
    """Return the file that holds the entry (the configuration or one that it includes), its lines, and which it is."""
    section = ""
    for file, lines, number, line in _walk(config, 0):
        named = SECTION.match(line)
        if named:
            section = named["name"].lower()
        elif section == "databases" and _key(line) == name:
            return file, lines, number
    raise RouterFailed(
        f"{config} has no entry {name!r} in [databases].",
        fix=f"add one ({name} = host=... port=... dbname=...), or name another in the router's connection: extra"
        ' {"cutover": {"database": "..."}}.',
    )


def _walk(file: Path, depth: int):  # type: ignore[no-untyped-def]
    try:
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    except OSError as error:
        raise RouterFailed(
            f"PgBouncer's configuration {file} cannot be read: {error.strerror}.",
            fix="mount it where tasks run, and name it in the router's connection: extra"
            ' {"cutover": {"config_file": "..."}}.',
        ) from None
    for number, line in enumerate(lines):
        included = INCLUDE.match(line)
        if included and depth < 8:
            yield from _walk(file.parent / included["file"], depth + 1)
        else:
            yield file, lines, number, line


def _key(line: str) -> str | None:
    text = line.strip()
    if not text or text[0] in ";#" or "=" not in text:
        return None
    key = text.partition("=")[0].strip()
    return key[1:-1].replace('""', '"') if key.startswith('"') else key


def _pairs(text: str) -> dict[str, str]:
    return {found["key"]: _unquoted(found["value"]) for found in PAIR.finditer(text)}


def _led(text: str, place: Place) -> str:
    """Return the entry's settings with another host, port and database; the order of the others stays."""
    settings = {**_pairs(text), "host": place.host, "port": str(place.port), "dbname": place.dbname}
    return " ".join(f"{key}={_quoted(value)}" for key, value in settings.items())


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"[\w.:/-]+", value) else "'" + value.replace("'", "''") + "'"


def _unquoted(value: str) -> str:
    return value[1:-1].replace("''", "'") if value.startswith("'") else value


def _replace(file: Path, text: str) -> None:
    file = file.resolve()
    try:
        facts = file.stat()
        handle, made = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
                os.fchmod(out.fileno(), facts.st_mode & 0o7777)
                with contextlib.suppress(PermissionError):
                    os.fchown(out.fileno(), facts.st_uid, facts.st_gid)
            Path(made).replace(file)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(made).unlink()
            raise
    except OSError as error:
        raise _not_replaced(file, error.strerror) from None


def _not_replaced(file: Path, why: str | None) -> RouterFailed:
    return RouterFailed(
        f"PgBouncer's configuration {file} cannot be replaced: {why}.",
        fix=f"let the account that runs tasks write to the folder {file.parent} (mount the folder, not the file).",
    )
