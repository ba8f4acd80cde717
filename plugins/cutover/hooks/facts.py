"""What hooks are told about the run: as JSON to a webhook, as variables to a command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cutover.context import RunContext

# Longer than this no single variable of a program's environment may be (Linux: 128 kB), name and all.
LONGEST = 100_000


def document(ctx: RunContext, moment: str, key: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return where the run stands, JSON-safe; ``figures`` is what the step knows about this moment."""
    run = ctx.journal.get_run(ctx.run_id)
    return {
        "id": key,
        "moment": moment,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "run_id": run.run_id,
        "migration": run.migration,
        "strategy": run.strategy,
        "title": run.title,
        "state": run.state,
        "reason": run.reason,
        "figures": dict(payload),
    }


def variables(told: Mapping[str, Any]) -> dict[str, str]:
    """Return ``CUTOVER_<FACT>`` for each fact that is a text or a truth value, and all as JSON in ``CUTOVER_FACTS``."""
    plain = {k: str(v).lower() if isinstance(v, bool) else v for k, v in told.items() if isinstance(v, (str, bool))}
    whole = json.dumps(told)
    if len(whole.encode()) <= LONGEST:
        plain["facts"] = whole
    return {f"CUTOVER_{name.upper()}": value.replace("\x00", "") for name, value in plain.items()}
