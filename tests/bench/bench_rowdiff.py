"""Row diff rows/s against count(*), against other ways to compare, and against reladiff: ratios, all in one run.

Two equal tables in one database, in the order of their key, vacuumed and cached. Rows/s are rows of one side. Every
figure is the best of several rounds, taken in turns, since other work may run beside it.

    python tests/bench/bench_rowdiff.py [--rows 1000000] [--version 18] [--rounds 3] [--json [FILE]]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / name) for name in ("plugins", "bin", "tests")]

import reladiff  # noqa: E402
from psycopg import sql  # noqa: E402

from cutover.connections import ConnectionInfo  # noqa: E402
from cutover.postgres.connect import connect  # noqa: E402
from cutover.postgres.rowdiff import ComparedColumn, RowDiff, Side, diff_tables  # noqa: E402
from localstack.throwaway import throwaway  # noqa: E402

COLUMNS = ("email", "amount", "preferences", "status", "created", "updated")
SETUP = """
CREATE SCHEMA live; CREATE SCHEMA shadow;
CREATE TABLE live.t (id bigint PRIMARY KEY, email text NOT NULL, amount numeric(12,2), preferences jsonb, status text,
                     created timestamptz NOT NULL, updated timestamptz);
INSERT INTO live.t SELECT n, 'user' || n || '@example.com', (n % 100000) / 100.0,
       jsonb_build_object('n', n, 'plan', 'p' || n % 7), CASE WHEN n % 3 > 0 THEN 'ACTIVE' END,
       '2020-01-01'::timestamptz + n * interval '1 second', now() - n * interval '1 second'
FROM generate_series(1, {rows}) AS n;
CREATE TABLE shadow.t (LIKE live.t INCLUDING ALL);
INSERT INTO shadow.t SELECT * FROM live.t;
"""
ROW = "ROW({0}.id, {0}.email, {0}.amount, {0}.preferences, {0}.status, {0}.created, {0}.updated)"
JOIN = "SELECT count(*) FROM live.t AS l FULL JOIN shadow.t AS r ON l.id = r.id WHERE l.id IS NULL OR r.id IS NULL OR "
HASHED = "SELECT count(*), sum(h), bit_xor(h) FROM (SELECT {hash} AS h FROM {table} AS t OFFSET 0) AS x"
# Name -> statements that together look at both sides once. Some of them lie: they are here for their speed.
ALTERNATIVES = {
    "join, IS DISTINCT FROM (lies)": [JOIN + ROW.format("l") + " IS DISTINCT FROM " + ROW.format("r")],
    "join, row images": [JOIN + f"record_image_ne({ROW.format('l')}, {ROW.format('r')})"],
    "join, row texts": [JOIN + f'{ROW.format("l")}::text COLLATE "C" <> {ROW.format("r")}::text COLLATE "C"'],
    "hash_record_extended of both (lies)": [
        HASHED.format(hash=f"hash_record_extended({ROW.format('t')}, 0)", table=table)
        for table in ("live.t", "shadow.t")
    ],
    "hashtextextended of both rows' texts": [
        HASHED.format(hash=f'hashtextextended({ROW.format("t")}::text COLLATE "C", 0)', table=table)
        for table in ("live.t", "shadow.t")
    ],
    "md5 of both rows' texts": [
        HASHED.format(hash=f"('x' || left(md5({ROW.format('t')}::text), 16))::bit(64)::bigint", table=table)
        for table in ("live.t", "shadow.t")
    ],
}


def main() -> int:
    options = arguments()
    logging.disable(logging.CRITICAL)
    with throwaway(options.version, shared_buffers="1GB") as cluster:
        info = cluster.create_database("bench")
        fill(info, options.rows)
        result = {"rows": options.rows, "version": options.version, **measure(info, options)}
    show(result)
    if options.json:
        text = json.dumps(result, indent=2)
        if options.json == "-":
            sys.stdout.write(text + "\n")
        else:
            Path(options.json).write_text(text + "\n")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--version", type=int, default=18, choices=(16, 18))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", nargs="?", const="-", help="write the figures as JSON to FILE, or to standard output")
    return parser.parse_args()


def fill(info: ConnectionInfo, rows: int) -> None:
    with connect(info) as db:
        db.execute(SETUP.format(rows=rows))  # type: ignore[call-overload]
        db.execute("VACUUM ANALYZE live.t")
        db.execute("VACUUM ANALYZE shadow.t")


def measure(info: ConnectionInfo, options: argparse.Namespace) -> dict[str, Any]:
    """Return rows/s of everything, and the ratios."""
    tasks: dict[str, Callable[[], object]] = {
        "count(*) of one side": lambda: statements(info, ["SELECT count(*) FROM live.t"])
    }
    for workers in (1, 2):
        tasks[f"cutover, {workers} worker(s)"] = lambda workers=workers: ours(info, workers)
    tasks |= {name: lambda texts=texts: statements(info, texts) for name, texts in ALTERNATIVES.items()}
    tasks["reladiff, hash"] = lambda: theirs(info, reladiff.Algorithm.HASHDIFF)
    tasks["reladiff, join"] = lambda: theirs(info, reladiff.Algorithm.JOINDIFF)
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(options.rounds):
        for name, task in tasks.items():
            began = time.monotonic()
            task()
            best[name] = min(best[name], time.monotonic() - began)
    speed = {name: options.rows / seconds for name, seconds in best.items()}
    fastest = speed["cutover, 2 worker(s)"]
    return {
        "rows_per_second": {name: round(value) for name, value in speed.items()},
        "seconds": {name: round(value, 3) for name, value in best.items()},
        "ratio_to_count": round(fastest / speed["count(*) of one side"], 3),
        "ratio_to_reladiff": round(fastest / max(speed["reladiff, hash"], speed["reladiff, join"]), 2),
        "ratio_one_worker_to_row_texts": round(speed["cutover, 1 worker(s)"] / speed["join, row texts"], 2),
    }


def statements(info: ConnectionInfo, texts: list[str]) -> None:
    """Run SQL by one backend, without parallel workers, as a worker of the diff does."""
    with connect(info, max_parallel_workers_per_gather="0", jit="off") as db:
        for text in texts:
            db.execute(text)  # type: ignore[call-overload]


def ours(info: ConnectionInfo, workers: int) -> RowDiff:
    left = Side(sql.Identifier("live", "t"), ("id",))
    right = Side(sql.Identifier("shadow", "t"), ("id",))
    columns = [ComparedColumn.same(name) for name in COLUMNS]
    result = diff_tables(lambda: connect(info), left, right, columns, workers=workers)
    assert result.ok
    assert result.rows_left == result.rows_right > 0
    return result


def theirs(info: ConnectionInfo, algorithm: reladiff.Algorithm) -> None:
    """Run reladiff with two threads, on the same columns."""
    with contextlib.ExitStack() as closing:
        sides = []
        for schema in ("live", "shadow"):
            url = info.sqlalchemy_url().replace("postgresql+psycopg://", "postgresql://")
            side = reladiff.connect_to_table(url, (schema, "t"), "id", thread_count=2)
            closing.callback(side.database.close)
            sides.append(side)
        found = reladiff.diff_tables(
            *sides,
            key_columns=("id",),
            extra_columns=COLUMNS,
            algorithm=algorithm,
            threaded=True,
            max_threadpool_size=2,
            validate_unique_key=False,
        )
        assert list(found) == []


def show(result: dict[str, Any]) -> None:
    say = sys.stderr.write
    say(f"PostgreSQL {result['version']}, {result['rows']:,} rows a side\n")
    for name, value in result["rows_per_second"].items():
        say(f"  {name:<40} {value / 1000:>10,.0f} k rows/s\n")
    for name in ("ratio_to_count", "ratio_to_reladiff", "ratio_one_worker_to_row_texts"):
        say(f"  {name:<40} {result[name]:>10}\n")


if __name__ == "__main__":
    sys.exit(main())
