"""A migration as one JSON document: what a run keeps, so that it can go back though every file has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from cutover.spec.errors import SpecError, SpecProblem

if TYPE_CHECKING:
    from cutover.spec.models import Migration

_OWN_KEYS = ("folder", "files")


def take(migration: Migration) -> dict[str, Any]:
    """Return the spec with its keys as in the YAML file, plus ``folder`` and ``files`` (path -> text)."""
    body = migration.model_dump(mode="json", by_alias=True)
    return {**body, "folder": str(migration.folder), "files": dict(migration.files)}


def restore(cls: type[Migration], snapshot: Mapping[str, Any]) -> Migration:
    """Return the migration of a snapshot.

    Only shapes are checked. The SQL was checked when the run began, and a rule that was added since must not
    stand in the way of a rollback.

    :raises SpecError: it was written by a release that this one does not understand.
    """
    body = {key: value for key, value in snapshot.items() if key not in _OWN_KEYS}
    try:
        migration = cls.model_validate(body)
    except ValidationError as error:
        name = str(snapshot.get("name", "unnamed"))
        problems = [
            SpecProblem("snapshot", None, ".".join(map(str, e["loc"])), e["msg"], "use the release that began the run")
            for e in error.errors()
        ]
        raise SpecError(name, problems) from None
    return migration.with_files(Path(snapshot.get("folder", "")), snapshot.get("files", {}))
