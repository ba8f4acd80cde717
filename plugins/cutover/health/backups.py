"""When the last whole backup of each database was taken, as its store tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from cutover.connections import ConnectionInfo
from cutover.health.limits import Limits
from cutover.journal.check import Check
from cutover.messages.words import span
from cutover.postgres.backup import Store, listing


def look(
    info: ConnectionInfo, *, open_store: Callable[[ConnectionInfo], Store], dbnames: Sequence[str], limits: Limits
) -> list[Check]:
    """Look into one store.

    :param dbnames: databases of which there has to be a backup or a rollback point.
    """
    try:
        store = open_store(info)
        return [*_ages(info.conn_id, store, dbnames, limits)]
    except Exception as error:  # whatever a provider raises
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return [Check("HEALTH_STORE", "store of backups", False, "error", said, {}, info.conn_id)]


def _ages(conn_id: str, store: Store, dbnames: Sequence[str], limits: Limits) -> Iterator[Check]:
    yield Check("HEALTH_STORE", "store of backups", True, "error", f"{store.label} can be read", {}, conn_id)
    now = datetime.now(UTC)
    for dbname in dbnames:
        found = [each for each in listing(store, dbname) if each.kind != "schema"]
        label = f"{conn_id}: {dbname}"
        if not found:
            yield Check("HEALTH_BACKUP", "last backup", False, "warning", "there is none", {}, label)
            continue
        age = found[0].age(now)
        proven = "restored since" if found[0].proved else "never restored"
        text = f"the last one is {span(max(age.total_seconds(), 0))} old, {proven}: {found[0].name}"
        figures = {"age_seconds": age.total_seconds(), "proven": bool(found[0].proved)}
        yield Check("HEALTH_BACKUP", "last backup", age <= limits.backup_age, "warning", text, figures, label)
