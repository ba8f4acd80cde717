"""Columns in place: the backfill against one plain UPDATE, and transactions with the trigger against those before.

Both as ratios in one run. Three new columns.

    python tests/bench/bench_in_place.py [--rows 500000] [--rounds 3] [--seconds 8] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / name) for name in ("plugins", "bin", "tests")]


from cutover.journal.store import Journal  # noqa: E402
from cutover.postgres import in_place  # noqa: E402
from localstack.throwaway import throwaway  # noqa: E402
from support.in_place_runs import ALTER, PEOPLE, InPlaceRun  # noqa: E402
from support.tps import pgbench  # noqa: E402

ROWS = """
TRUNCATE people CASCADE;
INSERT INTO people SELECT n, 'first' || n || ' last' || n, n * 0.25, 'note' FROM generate_series(1, {rows}) AS n;
VACUUM ANALYZE people;
"""
UPDATE = "\\set id random(1, {rows})\nUPDATE people SET name = 'a' || random() WHERE id = :id;\n"
# Constraints and indexes are not compared: the plain way makes none.
COLUMNS = "".join(statement + ";" for statement in ALTER.replace(" NOT NULL", "").split(";")[:1])


def plain(run: InPlaceRun) -> float:
    """Seconds of one UPDATE of every row of a copy."""
    run.sql("CREATE TABLE plain (LIKE people INCLUDING ALL)")
    run.sql("INSERT INTO plain (id, name, price, note) SELECT id, name, price, note FROM people")
    run.sql("VACUUM ANALYZE plain")
    run.sql("CHECKPOINT")
    values = ", ".join(f"{name} = {value}" for name, value in PEOPLE["columns"].items())
    began = time.monotonic()
    run.sql(f"UPDATE plain SET {values}")
    seconds = time.monotonic() - began
    run.sql("DROP TABLE plain")
    return seconds


def measure(run: InPlaceRun, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Run everything in turn and compare medians."""
    script = folder / "update.sql"
    script.write_text(UPDATE.format(rows=options.rows))
    found: dict[str, list[float]] = {}
    for number in range(options.rounds):
        for statement in ROWS.format(rows=options.rows).strip().split(";"):
            if statement.strip():
                run.sql(statement)
        ctx = run.begin(f"bench.{number}")
        found.setdefault("tps without", []).append(pgbench(run.info, script, options.seconds))
        in_place.build(ctx)
        found.setdefault("plain", []).append(plain(run))
        run.sql("VACUUM ANALYZE people")
        run.sql("CHECKPOINT")
        found.setdefault("backfill", []).append(in_place.backfill(ctx)["seconds"])
        found.setdefault("tps with", []).append(pgbench(run.info, script, options.seconds))
        in_place.roll_back(ctx)
        run.journal.set_state(ctx.run_id, "rolled_back")
    median = {name: statistics.median(values) for name, values in found.items()}
    return {
        "rows": options.rows,
        "backfill_rows_per_second": round(options.rows / median["backfill"]),
        "backfill_to_plain": round(median["plain"] / median["backfill"], 2),
        "tps": {name: round(median[f"tps {name}"]) for name in ("without", "with")},
        "with_to_without": round(median["tps with"] / median["tps without"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    with throwaway(18, shared_buffers="512MB", max_wal_size="8GB") as cluster, tempfile.TemporaryDirectory() as folder:
        journal = Journal(cluster.create_database("journal"))
        journal.migrate()
        run = InPlaceRun(Path(folder), cluster.create_database("bench"), journal, alter=COLUMNS, tables=[PEOPLE])
        run.journal.set_state(run.ctx.run_id, "aborted")
        figures = measure(run, Path(folder), options)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
