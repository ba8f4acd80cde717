"""Load specs: everything that is wrong with one is found at once, and no spec stands in another's way."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from cutover.spec import places
from cutover.spec.errors import SpecError, SpecProblem, SpecUnknown
from cutover.spec.files import Stamp, stamp
from cutover.spec.models import Migration
from cutover.spec.names import MIGRATION
from cutover.spec.reading import Reading

# Folder -> (stamp of every file that was read, what came out).
_cache: dict[Path, tuple[dict[Path, Stamp], Migration | SpecError]] = {}


def load(name_or_folder: str | Path) -> Migration:
    """Return one migration: by its name (text) or from its folder (a :class:`~pathlib.Path`).

    :raises SpecUnknown: there is none of this name.
    :raises SpecError: with every problem of its files.
    """
    folder = name_or_folder if isinstance(name_or_folder, Path) else _folder_of(name_or_folder)
    result = _load(folder)
    if isinstance(result, SpecError):
        raise result
    return result


def load_all() -> tuple[dict[str, Migration], dict[str, SpecError]]:
    """Return all migrations by name, and by folder name the errors of those that cannot be used."""
    good: dict[str, Migration] = {}
    bad: dict[str, SpecError] = {}
    for folder in places.folders():
        result = _load(folder)
        if folder.name in good:
            bad[str(folder)] = _twin(folder, good[folder.name])
        elif isinstance(result, SpecError):
            bad[folder.name] = result
        else:
            good[result.name] = result
    return good, bad


def titles(strategy: str | None = None) -> dict[str, str]:
    """Return name -> title, sorted by name, for a trigger form; specs with problems are left out."""
    good, _ = load_all()
    return {name: spec.title for name, spec in sorted(good.items()) if strategy in (None, spec.strategy)}


def problems() -> dict[str, SpecError]:
    """Return the specs that :func:`titles` leaves out, with the reasons."""
    return load_all()[1]


def _folder_of(name: str) -> Path:
    if not re.fullmatch(MIGRATION, name):
        raise SpecUnknown(
            f"{name[:80]!r} is no name of a migration.",
            fix="names have small letters, digits and _, begin with a letter, and are those of the folders.",
        )
    known = {folder.name: folder for folder in reversed(places.folders())}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    where = ", ".join(map(str, places.roots()))
    fix = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(known)) or 'none'} (in {where})."
    raise SpecUnknown(f"there is no migration {name!r}.", fix=fix)


def _load(folder: Path) -> Migration | SpecError:
    key = folder.absolute()
    cached = _cache.get(key)
    if cached and all(stamp(path) == before for path, before in cached[0].items()):
        return cached[1]
    reading = Reading(folder)
    result = reading.result()
    _cache[key] = (reading.touched, result)
    return result


def _twin(folder: Path, first: Migration) -> SpecError:
    message = f"the name is taken by {first.folder}"
    return SpecError(
        folder.name, [SpecProblem(str(folder), None, "name", message, "rename or remove one of the folders")]
    )
