"""The live server's disk, as far as SQL can see it: what databases and WAL take of what the spec says there is."""

from __future__ import annotations

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.journal.check import Check
from cutover.messages.words import volume
from cutover.observing import verdicts
from cutover.observing.subject import Subject


def ask(ctx: RunContext, db: Db, of: Subject) -> Check:
    """Add up the databases that the role may see, and the WAL where it may see that."""
    capacity = of.rules.disk_capacity
    if capacity is None:
        return verdicts.untaken("OBSERVE_DISK", "the spec does not say what the disk holds: observe.disk_capacity")
    row = db.execute(sqlfiles.text("observe/databases").encode()).fetchone()
    assert row is not None, "an aggregate has one row"
    used, unseen, sees_wal = int(row[0]), int(row[1]), bool(row[2])
    if sees_wal:
        found = db.execute("SELECT coalesce(sum(size), 0)::bigint FROM pg_ls_waldir()").fetchone()
        used += int(found[0]) if found else 0
    percent = 100 * used / capacity
    text = f"{volume(used)} of {volume(capacity)}, {percent:.0f} %"
    text += "" if sees_wal else "; WAL not counted (GRANT pg_monitor)"
    text += f"; {unseen} databases not counted" if unseen else ""
    return verdicts.judged("OBSERVE_DISK", percent, of.thresholds.disk_percent, text, unit="%", figures={"bytes": used})
