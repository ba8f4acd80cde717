"""What the command line asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """See ``bin/demo --help``; ``pgbench_tps`` counts where the show has pgbench."""

    rows: int = 1_000_000
    tps: float = 300
    writers: int = 4
    pgbench_tps: float = 0
    rollback: bool = False
    fail_at: str | None = None
    keep: bool = False
    json: Path | None = None
