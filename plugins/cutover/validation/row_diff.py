"""The verdict of a row diff as a check: totals and keys; the values stay in the report."""

from __future__ import annotations

from cutover.journal.check import Check
from cutover.postgres.rowdiff import RowDiff

KEYS = 5


def check(diff: RowDiff, *, label: str) -> Check:
    """Turn a :class:`RowDiff` into a check.

    Its figures name the first differing keys, no other values: checks go to the journal and into messages.

    :param label: the table's name, as people know it.
    """
    figures = diff.as_dict()
    del figures["differences"], figures["undecided_keys"]
    figures["first_keys"] = [{"kind": one.kind, **one.key} for one in diff.differences[:KEYS]]
    figures["first_undecided"] = [dict(key) for key in diff.undecided_keys[:KEYS]]
    return Check("ROW_DIFF", "row diff", diff.ok, "error", _summary(diff), figures, label)


def _summary(diff: RowDiff) -> str:
    if diff.ok:
        return f"all {diff.rows_left:,} rows are the same on both sides"
    found = {
        "changed": diff.changed,
        "missing on the other side": diff.missing_right,
        "only on the other side": diff.missing_left,
        "undecided, since they were being written at every look": diff.undecided,
    }
    parts = ", ".join(f"{count:,} {what}" for what, count in found.items() if count)
    columns = ", ".join(sorted(diff.columns, key=lambda name: (-diff.columns[name], name))[:KEYS])
    return f"{parts} (of {max(diff.rows_left, diff.rows_right):,} rows)" + (f"; in: {columns}" if columns else "")
