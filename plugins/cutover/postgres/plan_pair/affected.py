"""Who will notice something: whoever connects, and whoever reads blue's changes."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.plan_pair import flags
from cutover.postgres.preflight_pair.facts import Pair


def affected(pair: Pair) -> list[str]:
    """Return the lines."""
    return list(_lines(pair))


def _lines(pair: Pair) -> Iterator[str]:
    if pair.spec.form == "databases":
        yield from flags.affected()
    elif not pair.router.problem:
        yield (
            f"Clients of {pair.router.label} ({pair.router.clients} now): held for a moment at the end of their"
            " transaction, then on green. They keep their connections."
        )
    yield (
        "Whoever connects to blue directly: their writes are refused from the cutover on (SQLSTATE 25006), whatever"
        " their session is set to; they have to connect to green themselves."
    )
    for slot in pair.blue.slots:
        if slot.kind == "logical" and slot.database == pair.blue.info.dbname and not slot.name.startswith("cutover_"):
            yield f"The consumer of slot {slot.name} ({slot.plugin}): stays on blue, see BG045."
    for publication in pair.blue.publications:
        if not publication.name.startswith("cutover_"):
            yield f"Subscribers of publication {publication.name}: stay on blue, see BG046."
    for thing in pair.blue.others:
        if thing.kind == "server":
            yield f"Foreign server {thing.name}: is reached from green's machine after the cutover."
