"""What capture costs the application: pgbench transactions per second with it and without, as ratios of one run.

Ours (statement triggers, keys only) is compared with what other tools do: row triggers with keys, row triggers with
whole rows, and row triggers that write the shadow table itself. Two loads: one row per statement, and 1000 rows per
statement. The server neither fsyncs nor waits for a network, so nothing hides the cost: a real system sees less.

    python tests/bench/bench_capture.py [--scale 10] [--seconds 10] [--rounds 3] [--clients 4] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / name) for name in ("plugins", "bin", "tests")]

from cutover.journal.store import Journal  # noqa: E402
from cutover.postgres import online  # noqa: E402
from localstack.cluster import Cluster  # noqa: E402
from localstack.throwaway import throwaway  # noqa: E402
from support.online_world import World  # noqa: E402

LOADS = {
    "1 row per statement": """
\\set aid random(1, 100000 * :scale)
UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;
""",
    "1000 rows per statement": """
\\set aid random(1, 100000 * :scale - 1000)
UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid BETWEEN :aid AND :aid + 999;
""",
}
# Each function is SECURITY DEFINER as ours is, so that nothing but the way of capturing differs.
ROW_KEYS = """
CREATE TABLE log (aid integer);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN INSERT INTO public.log VALUES (new.aid); RETURN NULL; END $$;
"""
ROW_WHOLE = """
CREATE TABLE log (at bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, op text, LIKE pgbench_accounts);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN INSERT INTO public.log (op, aid, bid, abalance, filler) VALUES (tg_op, new.*); RETURN NULL; END $$;
"""
ROW_SHADOW = """
CREATE TABLE log (LIKE pgbench_accounts INCLUDING ALL);
INSERT INTO log SELECT * FROM pgbench_accounts;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.log VALUES (new.*)
    ON CONFLICT (aid) DO UPDATE SET bid = excluded.bid, abalance = excluded.abalance, filler = excluded.filler;
    RETURN NULL;
END $$;
"""
ROW_TRIGGER = "CREATE TRIGGER note AFTER UPDATE ON pgbench_accounts FOR EACH ROW EXECUTE FUNCTION note()"


@contextlib.contextmanager
def nothing(world: World) -> Iterator[None]:
    yield


@contextlib.contextmanager
def ours(world: World) -> Iterator[None]:
    """Capture exactly as a run turns it on."""
    ctx = world.begin(world.spec([{"name": "public.pgbench_accounts"}], {}))
    online.build(ctx)
    yield
    online.roll_back(ctx)
    world.end(ctx)


def row_level(definition: str) -> Callable[[World], contextlib.AbstractContextManager[None]]:
    """Return a capture by a row trigger."""

    @contextlib.contextmanager
    def capture(world: World) -> Iterator[None]:
        world.sql(definition)
        world.sql(ROW_TRIGGER)
        yield
        world.sql("DROP FUNCTION note() CASCADE; DROP TABLE log")

    return capture


CAPTURES: dict[str, Callable[[World], contextlib.AbstractContextManager[None]]] = {
    "none": nothing,
    "statement, keys (ours)": ours,
    "row, keys": row_level(ROW_KEYS),
    "row, whole rows": row_level(ROW_WHOLE),
    "row, into the shadow": row_level(ROW_SHADOW),
}


def tps(cluster: Cluster, script: Path, options: argparse.Namespace) -> float:
    """Run pgbench once on a table without dead rows."""
    cluster.psql("VACUUM pgbench_accounts; CHECKPOINT", "bench")
    clients, seconds = str(options.clients), str(options.seconds)
    arguments = ("-n", "-f", str(script), "-c", clients, "-j", "1", "-T", seconds, "-s", str(options.scale))
    found = re.search(r"tps = ([0-9.]+)", cluster.pgbench(*arguments, dbname="bench"))
    assert found is not None
    return float(found[1])


def measure(cluster: Cluster, world: World, folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """Run every load with every capture in turn, and compare medians."""
    seen: dict[str, dict[str, list[float]]] = {load: {name: [] for name in CAPTURES} for load in LOADS}
    for _ in range(options.rounds):
        for load, text in LOADS.items():
            script = folder / "load.sql"
            script.write_text(text)
            for name, capture in CAPTURES.items():
                with capture(world):
                    seen[load][name].append(tps(cluster, script, options))
    medians = {load: {n: statistics.median(v) for n, v in by.items()} for load, by in seen.items()}
    return {
        "clients": options.clients,
        "rows": options.scale * 100_000,
        "tps": {load: {n: round(v) for n, v in by.items()} for load, by in medians.items()},
        "ratio_to_none": {load: {n: round(v / by["none"], 2) for n, v in by.items()} for load, by in medians.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    with throwaway(16, shared_buffers="512MB") as cluster, tempfile.TemporaryDirectory() as name:
        journal = Journal(cluster.create_database("journal"))
        journal.migrate()
        world = World(Path(name), cluster.create_database("bench"), journal)
        cluster.pgbench("-i", "-q", "-s", str(options.scale), dbname="bench")
        figures = measure(cluster, world, Path(name), options)
    text = json.dumps(figures, indent=2)
    sys.stdout.write(text + "\n")
    if options.json:
        options.json.write_text(text)


if __name__ == "__main__":
    main()
