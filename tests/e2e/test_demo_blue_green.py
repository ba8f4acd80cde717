"""``bin/demo`` as people run it: there, back and there again, then finalized; taken back when a step fails."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pyrage
import pytest

from cutover.journal.store import Journal
from cutover_demo.runs import DagRun
from localstack.databases import APPLICATION, MIGRATOR
from localstack.environment import child_environment
from localstack.stack import DATABASE, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
SMALL = ("--rows", "20000", "--tps", "100", "--pgbench-tps", "50")
ZEROS = ("failed_transactions", "lost", "duplicated", "row_diff", "wrong", "unexplained")
# What everybody may notice depends on whose machine it is; the tests run where other tests run too.
SPEED = ("clients were held for", "a transaction took")
LEFT = """
    SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname LIKE 'cutover%'
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgname LIKE 'cutover%'
    UNION ALL SELECT 'publication ' || pubname FROM pg_publication
    UNION ALL SELECT 'subscription ' || subname FROM pg_subscription
    UNION ALL SELECT 'slot ' || slot_name FROM pg_replication_slots
    UNION ALL SELECT 'database ' || datname FROM pg_database WHERE datname LIKE 'cutover%'
"""


def demo(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """Run the demo on the stack that is running; return its scoreboard."""
    board = tmp_path / "board.json"
    command = [sys.executable, "-u", "-m", "cutover_demo", *SMALL, *arguments, "--json", str(board)]
    ran = subprocess.run(command, env=child_environment(), text=True, capture_output=True, check=False)
    assert board.exists(), ran.stdout + ran.stderr
    found: dict[str, Any] = json.loads(board.read_text())
    wrong = [problem for problem in found["problems"] if not problem.startswith(SPEED)]
    assert wrong == [], ran.stdout + ran.stderr
    assert {name: found[name] for name in ZEROS} == dict.fromkeys(ZEROS, 0)
    assert ran.returncode == (1 if found["problems"] else 0)
    return found


def left(stack: Stack, side: str) -> list[str]:
    with stack.clusters[side].connect(DATABASE) as db:
        return [row[0] for row in db.execute(LEFT)]


def test_there_back_and_there_again_and_for_good(stack: Stack, tmp_path: Path) -> None:
    found = demo(tmp_path, "--rollback")
    assert (found["strategy"], found["state"], found["leads_to"]) == ("blue_green", "window", "green")
    for leg in (found["migration"], found["rollback"], found["again"]):
        assert (leg["state"], leg["row_diff"]) == ("success", 0)
        assert 0 < leg["pause_ms"] < 2000
    assert found["acknowledged"] > 500 and found["pgbench"]["transactions"] > 200
    assert [what for what, _ in found["direct"]["stretches"]] == ["taken", "refused", "taken", "refused"]
    assert found["copy_rows_per_second"] > 0 and found["copy_megabytes_per_second"] > 0
    assert set(found["lag"]) == {"blue -> green", "green -> blue"}

    finalize(stack, found["run_id"])
    assert left(stack, "green") == []
    assert left(stack, "blue") == []
    with pytest.raises(psycopg.OperationalError, match="CONNECT"):
        password = stack.vault.get(APPLICATION)
        psycopg.connect(stack.blue.info("shop", DATABASE, APPLICATION, password).conninfo())
    with psycopg.connect(stack.pooler.info("shop", DATABASE, APPLICATION).conninfo(), prepare_threshold=None) as db:
        row = db.execute("SELECT count(*), current_setting('server_version_num')::int / 10000 FROM shop.orders")
        count, version = row.fetchone() or (0, 0)
        assert count > 20_000 and version == 18
    listed = contents(stack, found["run_id"], tmp_path)
    assert "TABLE DATA shop orders" in listed and "cutover" not in listed.replace("DEFAULT ACL", "")


def finalize(stack: Stack, run_id: str) -> None:
    dag_run = DagRun(stack.api, "finalize", stack.api.trigger("finalize", {"run": run_id, "early": True}))
    end = time.monotonic() + 120
    while not dag_run.over:
        assert time.monotonic() < end, "the DAG finalize did not end"
        time.sleep(0.2)
    assert dag_run.state == "success"
    assert journal_of(stack).get_run(run_id).state == "finalized"


def journal_of(stack: Stack) -> Journal:
    return Journal(stack.meta.info("cutover_journal", "journal", MIGRATOR, stack.vault.get(MIGRATOR)))


def contents(stack: Stack, run_id: str, tmp_path: Path) -> str:
    """Return what is in the archive of a run, which only the private key opens."""
    (archive,) = (stack.s3.folder / "buckets" / "cutover").rglob(f"{run_id}-*.dump.age")
    clear = tmp_path / "archive.dump"
    with archive.open("rb") as sealed, clear.open("wb") as out:
        key = pyrage.x25519.Identity.from_str(stack.vault.get("age_identity"))
        pyrage.decrypt_io(io.BytesIO(sealed.read()), out, [key])
    clear.chmod(0o644)
    listing = subprocess.run(
        [stack.green.tool("pg_restore"), "--list", clear], capture_output=True, text=True, check=True
    )
    return "\n".join(line for line in listing.stdout.splitlines() if not line.startswith(";"))


def test_a_failure_after_the_cutover_takes_the_run_back_by_itself(stack: Stack, tmp_path: Path) -> None:
    found = demo(tmp_path, "--fail-at", "cut_over")
    assert (found["state"], found["migration"]["state"], found["leads_to"]) == ("rolled_back", "failed", "blue")
    assert [what for what, _ in found["direct"]["stretches"]] == ["taken", "refused", "taken"]
    back = rolled_back(stack, found["run_id"])
    assert back["was_swapped"] and back["row_diff"] == 0
    assert left(stack, "blue") == []


def test_a_failure_before_there_is_a_green_leaves_nothing_to_take_back(stack: Stack, tmp_path: Path) -> None:
    found = demo(tmp_path, "--fail-at", "preflight")
    assert (found["state"], found["migration"]["state"], found["leads_to"]) == ("rolled_back", "failed", "blue")
    assert [what for what, _ in found["direct"]["stretches"]] == ["taken"]
    assert rolled_back(stack, found["run_id"])["was_swapped"] is False
    assert not stack.green.has_database(DATABASE)
    assert left(stack, "blue") == []


def rolled_back(stack: Stack, run_id: str) -> dict[str, Any]:
    (back,) = [step for step in journal_of(stack).steps(run_id) if step.name == "roll_back"]
    return back.detail
