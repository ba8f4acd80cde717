"""The command line on a run between two databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cutover.cli.main import main
from cutover.context import RunContext
from cutover.journal.store import Journal
from localstack.ports import free_port
from support.connections import Connections
from support.pair_world import PairWorld, forward

Ready = tuple[PairWorld, RunContext]


@pytest.fixture
def ready(pair: PairWorld, journal: Journal, make_connection: Connections) -> Iterator[Ready]:
    """A run whose green follows; its router is away."""
    make_connection("cutover_journal", journal.info)
    make_connection("shop", pair.blue_info)
    make_connection("shop_green", pair.green_info)
    make_connection("shop_pooler", replace(pair.blue_info, port=free_port()))
    ctx = pair.begin()
    forward(ctx)
    yield pair, ctx


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main([*argv, "--quiet"])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def run_json(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, Any]:
    code, out, _ = run(capsys, *argv, "--json")
    return code, json.loads(out)


def test_every_command_knows_the_strategy(ready: Ready, capsys: pytest.CaptureFixture[str], journal: Journal) -> None:
    pair, ctx = ready
    code, text, _ = run(capsys, "status", ctx.run_id)
    assert code == 0
    assert any(line.split()[:4] == ["blue", "-", "True", "False"] for line in text.splitlines()), text
    assert any(line.split()[:4] == ["green", "following", "False", "True"] for line in text.splitlines()), text
    assert "the router: " in text
    assert run_json(capsys, "status", ctx.run_id)[1]["database"]["live"] == "blue"

    code, kept = run_json(capsys, "keep-in-step", ctx.run_id)
    assert code == 0 and kept["live"] == "blue" and kept["arrived"]
    assert [one["run_id"] for one in run_json(capsys, "runs", "--strategy", "blue_green")[1]] == [ctx.run_id]

    code, verified = run_json(capsys, "verify", ctx.run_id)
    assert code == 0 and {"SCHEMA_DIFF", "ROW_DIFF"} <= {check["code"] for check in verified["checks"]}
    pair.green("SET session_replication_role = replica; UPDATE customers SET name = 'x' WHERE id = 1")
    assert run_json(capsys, "verify", ctx.run_id)[0] == 1

    code, _, err = run(capsys, "finalize", ctx.run_id, "--yes", "--old", "keep")
    assert code == 2 and "only a run that was cut over" in err

    code, back = run_json(capsys, "rollback", ctx.run_id, "--yes", "--reason", "enough")
    assert code == 0 and back["was_swapped"] is False
    found = journal.get_run(ctx.run_id)
    assert (found.state, found.reason) == ("rolled_back", "enough") and pair.leftovers() == []
