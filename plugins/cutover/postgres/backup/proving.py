"""Prove a rollback point: restore it elsewhere, and compare every row with the snapshot that it was taken from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cutover import points
from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.postgres.backup import comparing
from cutover.postgres.backup.checking import check_parts
from cutover.postgres.backup.manifest import Manifest, Proved
from cutover.postgres.backup.restoring import restore
from cutover.postgres.backup.scratch import scratch
from cutover.postgres.backup.snapshot import Held
from cutover.postgres.backup.store import Store
from cutover.postgres.backup.taking import take
from cutover.postgres.task import Task

SHOWN = 5


class NotProven(CutoverError):
    """What was restored is not what the point was taken from."""

    code = "BAK025"


@dataclass(frozen=True, slots=True)
class Restored:
    """A proof by restoring, for :func:`taking.take`.

    :ivar on: a login to a server on which a scratch database can be made; its database does not matter.
    :ivar template: a database there whose extensions the scratch one shall have; see :func:`scratch.scratch`.
    """

    store: Store
    identity: Any
    on: ConnectionInfo
    workers: int = 2
    template: str | None = None

    def __call__(self, ctx: Task, manifest: Manifest, held: Held) -> Proved:
        """Restore and compare.

        :raises NotProven: naming what differs.
        """
        check_parts(ctx, self.store, manifest, self.identity)
        with scratch(ctx, self.on, manifest.locale, self.template) as place:
            points.reach("backup.proof.scratch")
            figures = restore(ctx, self.store, manifest, self.identity, place, workers=self.workers, whole=False)
            began = time.monotonic()
            verdict = comparing.compare(ctx, held, place, workers=self.workers) if manifest.kind == "full" else None
            differences = comparing.beside_rows(ctx, held, place, schema_only=manifest.kind == "schema")
            differences = [*(verdict.differences if verdict else ()), *differences]
        rows = {f"{table.schema}.{table.name}": table.rows for table in manifest.tables}
        if verdict and verdict.rows != sum(rows.values()):
            differences.append(f"{verdict.rows:,} rows compared, and {sum(rows.values()):,} counted")
        if differences:
            more = f"; and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
            named = "; ".join(differences[:SHOWN])
            raise NotProven(
                f"rollback point {manifest.name} is not what it was taken from: {named}{more}.",
                fix="it is not kept. Mend what is named, or have no proof: backup: verify: checksum in the spec.",
            )
        return Proved(
            at=datetime.now(UTC).isoformat(),
            server_version=manifest.server_version,
            tables=verdict.tables if verdict else 0,
            rows=verdict.rows if verdict else 0,
            row_diff=0,
            restore_seconds=figures["seconds"],
            compare_seconds=round(time.monotonic() - began, 3),
        )


def prove(
    ctx: Task,
    info: ConnectionInfo,
    store: Store,
    recipients: Sequence[Any],
    identity: Any,
    *,
    on: ConnectionInfo | None = None,
    workers: int = 2,
    template: str | None = None,
    **more: Any,
) -> Manifest:
    """Take a rollback point that counts only once it was restored and compared; ``manifest.proved`` has the figures.

    :param on: the server for the scratch database; by default the one that the point is taken from.
    :param more: as :func:`take` has it (``run_id``, ``migration``, ``name_prefix``, ``kind``, ``keep``, ``note``).
    :raises NotProven: naming what differs; and as :func:`take` and :func:`restore`.
    """
    proof = Restored(store, identity, on or info, workers, template)
    return take(ctx, info, store, recipients, workers=workers, proof=proof, **more)
