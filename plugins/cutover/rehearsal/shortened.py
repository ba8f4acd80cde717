"""What a rehearsal does not wait for: people, watching by the hour, instances of applications that are not there."""

from __future__ import annotations

from datetime import timedelta

from cutover.spec.models import Migration

A_MOMENT = timedelta(seconds=1)


def shortened(spec: Migration) -> Migration:
    """Return the migration as it is rehearsed; what is done is the same, what is only waited for is not."""
    reads = spec.reads.model_copy(update={"hold": min(spec.reads.hold, A_MOMENT), "steps": [spec.reads.steps[-1]]})
    parts = {
        "cutover": spec.cutover.model_copy(update={"approval": "auto"}),
        "watch": spec.watch.model_copy(update={"duration": min(spec.watch.duration, A_MOMENT)}),
        "backfill": spec.backfill.model_copy(update={"pause": timedelta(0)}),
        "reads": reads,
        "flags": spec.flags.model_copy(update={"instances": 0}),
        # Taken back by the rehearsal itself: a rollback that begins by itself as well shows that, too.
        "rollback": spec.rollback.model_copy(update={"automatic": True}),
        "hooks": [],
    }
    return spec.model_copy(update=parts).with_files(spec.folder, spec.files)
