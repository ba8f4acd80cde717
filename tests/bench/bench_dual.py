"""Double writing: the backfill against a plain INSERT ... SELECT, and transactions with triggers against those before.

Both as ratios in one run. The mapping is that of the tests: accounts with their settings and sessions, and messages.

    python tests/bench/bench_dual.py [--rows 300000] [--rounds 3] [--seconds 8] [--json FILE]
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
from cutover.postgres import dual_write  # noqa: E402
from localstack.throwaway import throwaway  # noqa: E402
from support.dual_runs import DualRun  # noqa: E402
from support.dual_world import ACCOUNTS, MESSAGES  # noqa: E402
from support.tps import pgbench  # noqa: E402

# A third each of admins with a setting, sessions and notices.
ROWS = """
TRUNCATE admins CASCADE;
INSERT INTO admins SELECT n, n || '@example.org', 'admin ' || n FROM generate_series(1, {third}) AS n;
INSERT INTO settings SELECT n, 'language', '"de"' FROM generate_series(1, {third}, 2) AS n;
INSERT INTO sessions SELECT gen_random_uuid(), n, now() FROM generate_series(1, {third}) AS n;
INSERT INTO notices SELECT n, n, 'notice ' || n FROM generate_series(1, {third}) AS n;
VACUUM ANALYZE admins; VACUUM ANALYZE settings; VACUUM ANALYZE sessions; VACUUM ANALYZE notices;
"""
PLAIN = """
DROP TABLE IF EXISTS plain_accounts, plain_messages;
CREATE TABLE plain_accounts (LIKE accounts INCLUDING ALL); CREATE TABLE plain_messages (LIKE messages INCLUDING ALL);
"""
UPDATE = "\\set id random(1, {third})\nUPDATE admins SET name = 'n' || random() WHERE id = :id;\n"


def plain(run: DualRun) -> float:
    """Seconds of one INSERT ... SELECT for each table."""
    for statement in PLAIN.strip().split(";"):
        run.sql(statement)
    run.sql("CHECKPOINT")
    began = time.monotonic()
    run.sql(f"INSERT INTO plain_accounts {ACCOUNTS}")
    run.sql(f"INSERT INTO plain_messages {MESSAGES}")
    return time.monotonic() - began


def measure(run: DualRun, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Run everything in turn and compare medians."""
    third = options.rows // 3
    for statement in ROWS.format(third=third).strip().split(";"):
        if statement.strip():
            run.sql(statement)
    script = folder / "update.sql"
    script.write_text(UPDATE.format(third=third))
    found: dict[str, list[float]] = {}
    for number in range(options.rounds):
        ctx = run.begin(f"bench.{number}")
        found.setdefault("tps without", []).append(pgbench(run.info, script, options.seconds))
        dual_write.build(ctx)
        found.setdefault("plain", []).append(plain(run))
        run.sql("CHECKPOINT")
        found.setdefault("backfill", []).append(dual_write.backfill(ctx)["seconds"])
        found.setdefault("tps with", []).append(pgbench(run.info, script, options.seconds))
        run.sql("DROP TABLE plain_accounts, plain_messages")
        dual_write.roll_back(ctx)
        run.journal.set_state(ctx.run_id, "rolled_back")
    median = {name: statistics.median(values) for name, values in found.items()}
    return {
        "rows": options.rows,
        "backfill_rows_per_second": round(third * 3 / median["backfill"]),
        "backfill_to_plain": round(median["plain"] / median["backfill"], 2),
        "tps": {name: round(median[f"tps {name}"]) for name in ("without", "with")},
        "with_to_without": round(median["tps with"] / median["tps without"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    with throwaway(18, shared_buffers="512MB", max_wal_size="8GB") as cluster, tempfile.TemporaryDirectory() as folder:
        journal = Journal(cluster.create_database("journal"))
        journal.migrate()
        run = DualRun(Path(folder), cluster.create_database("bench"), journal)
        run.journal.set_state(run.ctx.run_id, "aborted")
        figures = measure(run, Path(folder), options)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
