"""What Prometheus is told, looked at by Prometheus' own tools; its alerts and the dashboard."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cutover.cli.main import main
from cutover.journal.check import Check
from cutover.journal.store import Journal
from cutover.metrics import exposition
from cutover.metrics.families import GAUGES
from cutover.observing import Look, looks, verdicts
from cutover.sqlfiles import include_folder
from support.connections import Connections
from support.prometheus import promtool

pytestmark = pytest.mark.engine
MONITORING = include_folder() / "monitoring"
NAMES = {f"cutover_{told.name}" for gauges in GAUGES.values() for told in gauges} | {"cutover_scrape_seconds"}


@pytest.fixture
def told(journal: Journal) -> Journal:
    """A journal with a run that is under way, and two that have ended."""
    for number, state in ((1, "finalized"), (2, "rolled_back"), (3, "verifying")):
        run_id = f"leads.{number}"
        journal.begin_run(
            run_id, migration="leads", strategy="blue_green", database=f"shop {number}", title="x", spec={}
        )
        with journal.step(run_id, "cut_over") as step:
            step.detail({"pause_ms": 42.0})
        journal.mark_swapped(run_id, timedelta(hours=1))
        journal.set_state(run_id, state)
    journal.progress(run_id, "copy", 'shop."odd\\name"', 250, 1000, rate=50.0, eta_seconds=15.0)
    for seconds in (9.0, 1.5):
        data = {"flow": "blue -> green", "seconds": seconds, "bytes": 4096, "kept_bytes": None}
        journal.sample(run_id, "lag blue -> green", data)
    for ok in (False, True):
        journal.record_check(run_id, Check("ROW_DIFF", "rows", ok, "error", "said", {}, "shop.leads"))
    for number in (4, 5):
        journal.begin_run(
            f"leads.{number}", migration="leads", strategy="online", database=f"shop {number}", title="x", spec={}
        )
        journal.set_state(f"leads.{number}", "window" if number == 4 else "rolling_back")
        for value in (0.5, 3.0):
            bad = verdicts.judged("OBSERVE_ERRORS", value, 1.0, "said", unit="%")
            unknown = verdicts.untaken("OBSERVE_LAG", "cannot be told")
            probe = verdicts.found("OBSERVE_PROBE", True, "succeeded", about="orders")
            looks.keep(journal, f"leads.{number}", Look(datetime(2026, 11, 21, tzinfo=UTC), [bad, unknown, probe]))
    journal.event(run_id, "backup", "taken", data={"database": "shop", "taken_at": "2026-11-21T00:00:00+00:00"})
    return journal


def test_everything_is_told_once_and_as_prometheus_reads_it(told: Journal) -> None:
    text = exposition(told).decode()
    code, said = promtool("check", "metrics", text=text.encode())
    assert code == 0, said
    lines = set(text.splitlines())
    assert lines >= {
        'cutover_runs{dry_run="false",migration="leads",state="finalized",strategy="blue_green"} 1.0',
        'cutover_runs_cut_over{dry_run="false",migration="leads",state="rolled_back",strategy="blue_green"} 1.0',
        'cutover_run_open{database="shop 3",migration="leads",run_id="leads.3",state="verifying",strategy="blue_green"}'
        " 1.0",
        'cutover_progress_done{item="shop.\\"odd\\\\name\\"",migration="leads",run_id="leads.3",step="copy"} 250.0',
        'cutover_lag_seconds{flow="blue -> green",migration="leads",run_id="leads.3"} 1.5',
        'cutover_check_ok{code="ROW_DIFF",migration="leads",object="shop.leads",run_id="leads.3",severity="error"} 1.0',
        'cutover_pause_seconds{dry_run="false",migration="leads",step="cut_over",strategy="blue_green"} 0.042',
        'cutover_backup_timestamp_seconds{database="shop"} 1.7952192e+09',
        'cutover_observed_over{code="OBSERVE_ERRORS",migration="leads",object="",run_id="leads.4"} 1.0',
        'cutover_observed_value{code="OBSERVE_ERRORS",migration="leads",object="",run_id="leads.4",unit="%"} 3.0',
        'cutover_observed_limit{code="OBSERVE_ERRORS",migration="leads",object="",run_id="leads.4",unit="%"} 1.0',
        'cutover_observed_over{code="OBSERVE_PROBE",migration="leads",object="orders",run_id="leads.4"} 0.0',
    }
    assert not any(line.startswith("cutover_slot_kept_bytes{") for line in lines)  # nobody knows it
    observed = [line for line in lines if line.startswith("cutover_observed")]
    assert not any("OBSERVE_LAG" in line or "leads.5" in line for line in observed), "not taken, or not in its window"
    assert any(
        line.startswith('cutover_observed_timestamp_seconds{migration="leads",run_id="leads.4"}') for line in observed
    )
    assert {line.split()[2] for line in lines if line.startswith("# TYPE")} == NAMES


def test_an_empty_journal_is_told_as_well(journal: Journal) -> None:
    code, said = promtool("check", "metrics", text=exposition(journal))
    assert code == 0, said


def test_the_alerts_fire_when_they_should_and_not_before(tmp_path: Path) -> None:
    code, said = promtool("check", "rules", MONITORING / "alerts.yml")
    assert code == 0, said
    shutil.copy(MONITORING / "alerts.yml", tmp_path)
    shutil.copy(Path(__file__).with_name("alerts_test.yml"), tmp_path)
    code, said = promtool("test", "rules", tmp_path / "alerts_test.yml")
    assert code == 0, said


def test_alerts_and_dashboard_ask_for_metrics_that_there_are() -> None:
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    text = (MONITORING / "alerts.yml").read_text() + "\n".join(asked)
    words = set(re.findall(r"\bcutover_[a-z_]+", text))
    assert words and words <= NAMES
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_the_command(told: Journal, make_connection: Connections, capsys: pytest.CaptureFixture[str]) -> None:
    make_connection("cutover_journal", told.info)
    assert main(["metrics"]) == 0
    assert 'cutover_lag_seconds{flow="blue -> green"' in capsys.readouterr().out
