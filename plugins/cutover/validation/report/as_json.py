"""The report for machines: everything the page shows, and the full list of differences."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cutover.journal.check import Check
from cutover.postgres.rowdiff import RowDiff


def render_json(
    title: str,
    run: Mapping[str, Any],
    checks: Sequence[Check],
    diffs: Mapping[str, RowDiff],
    *,
    now: datetime | None = None,
) -> str:
    """Return the report as JSON (RFC 8259: no NaN, no Infinity; such figures become texts).

    :param run: what identifies the run; its ``spec`` is left out.
    :param diffs: row diffs by the name of their table.
    """
    report = {
        "title": title,
        "generated_at": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "ok": not any(check.blocks for check in checks),
        "run": {key: value for key, value in run.items() if key != "spec"},
        "checks": [check.as_dict() for check in checks],
        "row_diffs": {name: diff.as_dict() for name, diff in diffs.items()},
    }
    return json.dumps(_finite(report), ensure_ascii=False, indent=2, default=str, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
