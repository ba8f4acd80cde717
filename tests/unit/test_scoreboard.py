"""The demo's figures: what counts as passed, what latency means, and how a ledger is read back."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from cutover_demo.latency import measure
from cutover_demo.ledger import Effects, Entry, Ledger, LedgerFile, normal
from cutover_demo.reconcile import reconcile
from cutover_demo.scoreboard import Scoreboard
from cutover_demo.verdict import Observed

GOOD = Scoreboard(
    strategy="online",
    run_id="orders_v2.20260101T000000",
    state="window",
    expected_state="window",
    rows=1_000_000,
    seconds_total=61.5,
    pause_ms=12.0,
    max_stall_ms=88.0,
    transactions=20_000,
    failed_transactions=0,
    acknowledged=19_000,
    lost=0,
    duplicated=0,
    row_diff=0,
)


def test_zeros_and_the_expected_state_pass() -> None:
    assert GOOD.problems() == []
    assert GOOD.as_json()["passed"] is True
    assert GOOD.table().endswith("PASSED")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"failed_transactions": 1}, "failed_transactions is 1, not 0"),
        ({"lost": 2}, "lost is 2, not 0"),
        ({"duplicated": 3}, "duplicated is 3, not 0"),
        ({"wrong": 4}, "wrong is 4, not 0"),
        ({"unexplained": 5}, "unexplained is 5, not 0"),
        ({"row_diff": 6}, "row_diff is 6, not 0"),
        ({"row_diff": None}, "the row diff did not run"),
        ({"state": "rolled_back"}, "the run ended rolled_back, not window"),
        ({"acknowledged": 0}, "no transaction was acknowledged, so nothing was shown"),
    ],
)
def test_each_figure_that_is_off_fails_the_demo(change: dict[str, object], problem: str) -> None:
    board = dataclasses.replace(GOOD, **change)  # type: ignore[arg-type]
    assert board.problems() == [problem]
    assert board.table().splitlines()[-1] == f"FAILED: {problem}"


def test_json_holds_every_promised_figure(tmp_path: Path) -> None:
    GOOD.write(tmp_path / "board.json")
    figures = json.loads((tmp_path / "board.json").read_text())
    promised = (
        "strategy run_id state rows seconds_total pause_ms max_stall_ms transactions failed_transactions acknowledged "
        "lost duplicated row_diff"
    )
    assert set(promised.split()) <= figures.keys()


def entry(started_ms: float, took_ms: float, outcome: str = "ack") -> Entry:
    return Entry(0, 0, "change", outcome, Effects(), round(started_ms * 1e6), took_ms / 1000)  # type: ignore[arg-type]


def test_latency_is_exact_and_independent_of_order() -> None:
    entries = [entry(n * 10, 2) for n in range(98)] + [entry(980, 250), entry(990, 40, "failed")]
    assert measure(entries) == measure(entries[::-1])
    found = measure(entries)
    assert (found.p50, found.p95, found.p99) == (2.0, 2.0, 40.0)
    assert found.max_stall == 250.0  # begun at 980
    assert found.max_silence == 258.0  # from the commit at 972 to the one at 1230; a failure is no commit


def test_nothing_measured_is_zero() -> None:
    assert measure([]).max_stall == 0


def test_normal_forms_are_equal_exactly_where_values_are() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert normal({"v": Decimal("1.50")}) == normal({"v": Decimal("1.5")})
    assert normal({"v": Decimal("1E+2")}) == normal({"v": Decimal("100")})
    assert normal({"v": Decimal("1.25")}) != normal({"v": Decimal("1.3")})
    assert normal({"v": noon}) == normal({"v": noon.astimezone(timezone(timedelta(hours=5)))})
    assert normal({"v": noon}) != normal({"v": noon + timedelta(microseconds=1)})
    assert normal({"v": None}) != normal({"v": ""}) != normal({"v": "null"})
    with pytest.raises(TypeError):
        normal({"v": object()})


def row(reference: str, revision: int) -> dict[str, object]:
    return {"reference": reference, "revision": revision, "id": 1}


@pytest.fixture
def killed_at_commit(tmp_path: Path) -> Path:
    """Ledger of a writer that was killed after COMMIT was sent, in the middle of writing a line."""
    file = LedgerFile(tmp_path, 0)
    file.write("seed", orders={"S-7": row("S-7", 0)}, children={})
    file.write("intent", seq=1, kind="change", orders={"S-7": row("S-7", 1)}, children={})
    file.write("ack", seq=1, kind="change", started=1, seconds=0.1, error=None)
    file.write("intent", seq=2, kind="change", orders={"S-7": row("S-7", 2)}, children={})
    file.close()
    with (tmp_path / "writer-0.jsonl").open("a") as text:
        text.write('{"line": "ack", "seq": 2, "ki')
    return tmp_path


@pytest.mark.parametrize(("landed", "revision"), [(True, 2), (False, 1)])
def test_an_unknown_outcome_is_decided_by_its_token(killed_at_commit: Path, landed: bool, revision: int) -> None:
    ledger = Ledger.read(killed_at_commit)
    assert [entry.outcome for entry in ledger.entries] == ["ack", "unknown"]
    tokens = Counter({(0, 1): 1, (0, 2): 1}) if landed else Counter({(0, 1): 1})
    fine = reconcile(ledger, Observed([row("S-7", revision)], [], tokens))
    assert (fine.acknowledged, fine.unknown, fine.clean) == (1, 1, True)
    other = reconcile(ledger, Observed([row("S-7", 3 - revision)], [], tokens))
    assert (other.lost, other.duplicated) == ((1, 0) if landed else (0, 1))
