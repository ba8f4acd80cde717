"""`python -m cutover announcements`: what was said, what is to come, and what may be missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from cutover.cli.main import main
from cutover.journal.store import Journal
from cutover.messages import milestones
from cutover.spec.loader import load
from localstack.slack_recorder import recording
from localstack.slack_state import SlackState
from support.announcing import PLACES, TOKEN, turn
from support.connections import Connections

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC).replace(microsecond=0)
T = NOW + 20 * HOUR


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, journal: Journal, make_connection: Connections, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_connection("cutover_journal", journal.info)
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_HOME", "/nowhere")
    monkeypatch.delenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", raising=False)
    write(tmp_path, T)
    return tmp_path


@pytest.fixture
def slack() -> Iterator[tuple[SlackState, str]]:
    with recording(token=TOKEN) as recorder:
        yield recorder


def write(folder: Path, begins: datetime | None, **more: Any) -> None:
    announce = {"audiences": PLACES, **({"window_start": begins.isoformat()} if begins else {})}
    body = {"name": "trial", "title": "A trial", "strategy": "online", "owner": "tests", "source": "shop"}
    (folder / "trial").mkdir(exist_ok=True)
    (folder / "trial" / "alter.sql").write_text("ALTER TABLE orders ADD COLUMN note text;\n")
    tables = [{"name": "public.orders", "alter": "alter.sql"}]
    (folder / "trial" / "migration.yaml").write_text(
        yaml.safe_dump({**body, "tables": tables, "announce": announce, **more})
    )


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    code = main(["announcements", *argv])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out


def states(capsys: pytest.CaptureFixture[str], audience: str) -> tuple[int, dict[str, str]]:
    code, out = run(capsys, "--json", "--migration", "trial")
    lines = [line for line in json.loads(out) if line["audience"] == audience]
    return code, {line["moment"]: line["state"].split(" 20")[0] for line in lines}


def test_before_the_night(
    capsys: pytest.CaptureFixture[str], journal: Journal, folder: Path, slack: tuple[SlackState, str]
) -> None:
    code, found = states(capsys, "end_users")
    assert code == 1, "the reminder of a day before is overdue"
    assert found["before_24h"] == "due" and found["before_2h"] == "to come"
    assert found["begins"] == found["completed"] == "to come, with a run" and "approval_needed" not in found
    turn(journal, slack[1], [load(folder / "trial")])
    code, found = states(capsys, "end_users")
    assert code == 0 and found["before_24h"] == "sent"
    _, text = run(capsys)
    assert f"{T:%Y-%m-%d %H:%M} UTC" in text and "30 min later" not in text, "T is known"
    assert "48 h later" in text and "#users" in text and ", late" in text


def test_after_the_run(capsys: pytest.CaptureFixture[str], journal: Journal, folder: Path) -> None:
    spec = load(folder / "trial")
    begun = journal.begin_run(
        "trial.1", migration="trial", strategy="online", database="db", title="A trial", spec=spec.snapshot()
    )
    milestones.say(journal, begun.run_id, "started", note=None)
    code, found = states(capsys, "operations")
    assert code == 1 and found["started"] == "due" and found["cut_over"] == "to come"
    journal.set_state(begun.run_id, "failed")
    _, found = states(capsys, "operations")
    assert found["begins"] == "to come, with a run", "the time that was planned is still to come"


def test_what_may_be_missing_is_a_finding(capsys: pytest.CaptureFixture[str], journal: Journal, folder: Path) -> None:
    write(folder, NOW + 100 * HOUR)
    assert run(capsys)[0] == 0
    write(folder, NOW + 23 * HOUR)
    spec = load(folder / "trial")
    assert spec.announce.window_start is not None
    for audience in PLACES:
        what = ("trial", f"planned {spec.announce.window_start:%Y-%m-%dT%H:%M:%SZ}", audience, "before_24h")
        claim = journal.claim_announcement(what, moment="before_24h", run_id=None, window_start=NOW + 23 * HOUR)
        assert claim is not None
        journal.announcement_sent(claim, channel="#x", uncertain=audience == "operations")
    code, found = states(capsys, "operations")
    assert code == 1 and found["before_24h"].startswith("uncertain: it may be missing")


def test_the_words_are_shown_without_any_journal(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CUTOVER_JOURNAL")
    code, text = run(capsys, "--preview")
    assert code == 0 and "--- trial, end_users, before_24h\n\n# Planned work on the shop, in 24 hours" in text
    write(folder, None)
    _, out = run(capsys, "--preview", "--json")
    assert {"before_24h", "before_2h"}.isdisjoint({each["moment"] for each in json.loads(out)})


def test_a_moment_that_is_asked_for_and_has_no_text_is_named(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    users = {"channel": "#users", "service": "the shop", "moments": ["begins", "approval_needed"]}
    write(folder, None, announce={"audiences": {"end_users": users}})
    _, found = states(capsys, "end_users")
    assert found["approval_needed"] == "not sent: there is no text for it, announcements/end_users/approval_needed.md"


def test_where_nobody_is_named_nothing_is_shown(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    write(folder, None, announce={})
    assert run(capsys) == (0, "no migration names an audience.\n")
