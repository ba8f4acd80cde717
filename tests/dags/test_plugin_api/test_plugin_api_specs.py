"""The planned migrations: good ones with their latest run, bad ones with what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cutover.journal.store import Journal
from support.plugin_api import HOSTILE, Client, begin

pytestmark = pytest.mark.dags

SPEC = """
name: {name}
title: {title}
strategy: online
owner: data-platform
source: shop
tables: [{{name: public.leads}}]
"""


def write(folder: Path, name: str, text: str | None = None, title: str = "Leads get preferences") -> None:
    (folder / name).mkdir()
    (folder / name / "migration.yaml").write_text(text or SPEC.format(name=name, title=title), encoding="utf-8")


def shown(client: Client, name: str) -> dict[str, Any]:
    (found,) = [spec for spec in client.json("/cutover/specs")["specs"] if spec["name"] == name]
    return found


def test_a_spec_and_its_latest_run(viewer: Client, journal: Journal, run_id: str, migrations_folder: Path) -> None:
    write(migrations_folder, "leads_v2", title=f'"Leads {HOSTILE}"')
    write(migrations_folder, "notes_v3")
    leads = shown(viewer, "leads_v2")
    assert (leads["strategy"], leads["owner"], leads["tables"]) == ("online", "data-platform", ["public.leads"])
    assert leads["title"] == f"Leads {HOSTILE}", "escaped where it is shown, not where it is sent"
    assert leads["latest"]["run_id"] == run_id
    assert leads["start"] == {"dag_id": "online", "conf": {"migration": "leads_v2"}, "allowed": False}
    assert shown(viewer, "notes_v3")["latest"] is None


def test_the_latest_run_counts_not_the_last_listed(
    viewer: Client, journal: Journal, run_id: str, migrations_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cutover.api import specs

    write(migrations_folder, "leads_v2")
    journal.set_state(run_id, "failed")
    newer = begin(journal, "leads_v2.20261122T060000")
    assert shown(viewer, "leads_v2")["latest"]["run_id"] == newer
    begin(journal, "other.20261123T060000")
    monkeypatch.setattr(specs, "FEW", 1)
    assert shown(viewer, "leads_v2")["latest"]["run_id"] == newer


def test_the_last_rehearsal_and_the_night_whose_report_has_it(
    viewer: Client, journal: Journal, run_id: str, migrations_folder: Path
) -> None:
    write(migrations_folder, "leads_v2")
    assert shown(viewer, "leads_v2")["rehearsal"] is None
    known = {"migration": "leads_v2", "strategy": "online", "title": "Leads", "spec": {}, "places": {}}
    for night, verdict, reasons in (("night.1", "go", []), ("night.2", "no_go", ["rows differ", "more"])):
        of = {"migration": "nightly_dry_run", "strategy": "rehearsal", "title": "Night", "spec": {}}
        journal.begin_run(night, database=night, dry_run=True, **of)
        journal.begin_rehearsal(f"leads_v2.{night}", night=night, **known)
        journal.end_rehearsal(f"leads_v2.{night}", verdict, reasons, {})
    journal.begin_rehearsal("leads_v2.by_hand", **known)  # still going on
    told = shown(viewer, "leads_v2")["rehearsal"]
    assert (told["verdict"], told["night"], told["why"]) == ("no_go", "night.2", "rows differ")


def test_a_bad_spec_says_what_is_wrong_and_breaks_no_other(
    viewer: Client, journal_known: Any, migrations_folder: Path
) -> None:
    write(migrations_folder, "leads_v2")
    write(migrations_folder, "broken", SPEC.format(name="broken", title="Broken") + "surprise: 1\n")
    answer = viewer.json("/cutover/specs")
    assert "leads_v2" in [spec["name"] for spec in answer["specs"]]
    (problem,) = [p for p in answer["problems"] if p["name"] == "broken"]
    assert "surprise" in problem["what"] and problem["code"]
    counts = viewer.json("/cutover/health")
    assert counts["specs_with_problems"] == len(answer["problems"])
    assert counts["specs"] == len(answer["specs"])


def test_scripts_in_a_spec_stay_json(viewer: Client, journal_known: Any, migrations_folder: Path) -> None:
    write(migrations_folder, "leads_v2", title=f'"{HOSTILE}"')
    response = viewer.get("/cutover/specs")
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_how_the_last_rehearsal_came_out(
    viewer: Client, journal: Journal, journal_known: Any, migrations_folder: Path
) -> None:
    write(migrations_folder, "leads_v2")
    assert shown(viewer, "leads_v2")["rehearsal"] is None
    known = {"migration": "leads_v2", "strategy": "online", "title": "Leads", "spec": {}, "places": {}}
    for number, (verdict, reasons) in enumerate([("go", []), ("no_go", ["verify: 3 rows differ", "more"])]):
        journal.begin_rehearsal(f"leads_v2.rehearsal.{number}", **known)
        journal.end_rehearsal(f"leads_v2.rehearsal.{number}", verdict, reasons, {})
    journal.begin_rehearsal("leads_v2.rehearsal.9", **known)
    found = shown(viewer, "leads_v2")["rehearsal"]
    told = (found["verdict"], found["why"], found["night"])
    assert told == ("no_go", "verify: 3 rows differ", None), "of those that have ended"


def test_rehearsals_are_no_runs_of_a_migration(viewer: Client, journal: Journal, run_id: str) -> None:
    journal.begin_run(
        "leads_v2.night", migration="leads_v2", strategy="online", database="copy", title="x", spec={}, dry_run=True
    )
    listed = [run["run_id"] for run in viewer.json("/cutover/runs")["runs"]]
    assert run_id in listed and "leads_v2.night" not in listed
    assert [run["run_id"] for run in viewer.json("/cutover/runs?rehearsals=true")["runs"]] == ["leads_v2.night"]
    assert viewer.json("/cutover/runs/leads_v2.night")["actions"] == {}
