"""Specs that say whom to ask: what they say, and what they may not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cutover.spec.errors import SpecError
from cutover.spec.loader import load

SPEC = """\
name: leads
title: Leads get a wider id
strategy: online
owner: crm
source: crm
tables: [{name: leads, alter: alter.sql}]
approvals:
  rollback: required
  finalize: required
  sign_off: [database, qa]
  on_objection: roll_back
  people: {owner: [olga, "17"], qa: [quentin@example.com]}
  four_eyes: true
  timeout: 90m
"""


def write(folder: Path, text: str) -> Path:
    place = folder / "leads"
    place.mkdir()
    (place / "migration.yaml").write_text(text)
    (place / "alter.sql").write_text("ALTER TABLE leads ADD COLUMN note text;\n")
    return place


def test_a_good_spec_says_all_of_it(tmp_path: Path) -> None:
    spec = load(write(tmp_path, SPEC))
    said = spec.approvals
    assert (said.rollback, said.finalize, said.on_objection) == ("required", "required", "roll_back")
    assert said.sign_off == ["database", "qa"] and said.four_eyes and said.timeout == timedelta(minutes=90)
    assert said.people == {"owner": ["olga", "17"], "qa": ["quentin@example.com"]}
    assert type(spec).from_snapshot(spec.snapshot()).approvals == said


def test_by_default_nobody_is_asked_for_more_than_plan_and_cutover(tmp_path: Path) -> None:
    spec = load(write(tmp_path, SPEC[: SPEC.index("approvals:")]))
    said = spec.approvals
    assert (said.rollback, said.finalize, said.sign_off) == ("auto", "auto", [])
    assert (said.people, said.four_eyes, said.timeout) == ({}, False, timedelta(days=1))
    old = {key: value for key, value in spec.snapshot().items() if key != "approvals"}
    assert type(spec).from_snapshot(old).approvals == said, "a run that began before there was this part"


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("[database, qa]", "[database, qa, qa]", "approvals.sign_off[2]", "'qa' is listed twice"),
        ("[database, qa]", "[database]", "approvals.people.qa", "qa is not asked to sign off"),
        ("[database, qa]", "[database, qa, boss]", "approvals.sign_off[2]", "'boss' is not possible"),
        ('[olga, "17"]', "[]", "approvals.people.owner", "at least 1 item"),
        ('[olga, "17"]', "[olga, 17]", "approvals.people.owner[1]", "17 is not text"),
        ("90m", "5s", "approvals.timeout", "5s is not within 1m to 30d"),
        ("  sign_off: [database, qa]\n", "", "approvals.on_objection", "nobody signs off, so nobody can object"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, old: str, new: str, path: str, message: str) -> None:
    assert old in SPEC
    with pytest.raises(SpecError) as caught:
        load(write(tmp_path, SPEC.replace(old, new)))
    assert any(problem.path == path and message in problem.message for problem in caught.value.problems), caught.value
