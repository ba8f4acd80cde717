"""Rehearsals by hand: on what production was when it was last backed up, and on the staging database itself."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cutover.connections import from_environment
from cutover.journal.records import Rehearsal
from cutover.journal.store import Journal
from cutover_demo.screen import Screen
from cutover_demo.stage import Stage
from localstack.pgbinaries import bin_folder
from localstack.places import ROOT
from localstack.stack import Stack
from support.staging import seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
# More than staging has: so the copy's rows say where they come from.
LIVE_ROWS = 4_000


@pytest.fixture(scope="module")
def production(staging: Stack) -> Stack:
    """The stack, with a backup of production, which has gone on since."""
    Stage(staging, Screen()).prepare(LIVE_ROWS)
    command = [sys.executable, "-m", "cutover", "backup", "shop", "--note", "for rehearsals"]
    places = {"PYTHONPATH": str(ROOT / "plugins"), "CUTOVER_PG_BIN": str(bin_folder(18))}
    subprocess.run(command, cwd=ROOT, env={**os.environ, **places}, check=True)
    return staging


def rehearsed(stack: Stack, migration: str) -> Rehearsal:
    """Rehearse a migration by hand, and return what came out."""
    stack.api.wait_for_dag("rehearse")
    ended = stack.api.wait_for_run("rehearse", stack.api.trigger("rehearse", {"migration": migration}), seconds=420)
    with Journal(from_environment("cutover_journal")) as journal:
        one = journal.rehearsals(migration=migration, limit=1)[0]
    assert one.verdict == "go" and ended["state"] == "success", (one.reasons, ended["state"])
    first = one.figures["runs"][0]
    assert first["state"] == "rolled_back" and first["passed"] > 0
    return one


def test_on_a_point_of_production_without_what_is_sensitive(production: Stack) -> None:
    before = seen(production)
    one = rehearsed(production, "night_point")
    assert one.before is not None
    assert one.before["copies"]["shop"]["how"].startswith("rollback point ")
    assert one.figures["masked"]["shop.customers"] > 0
    assert one.before["likeness"]["shop"]["rows"]["shop.orders"][0] == LIVE_ROWS
    assert one.figures["runs"][1]["state"] == "finalized"
    assert seen(production) == before, "staging is as it was"


def test_on_the_staging_database_itself_which_is_taken_back_both_times(staging: Stack) -> None:
    before = seen(staging)
    one = rehearsed(staging, "night_itself")
    assert one.before is not None and one.before["copies"] == {}
    assert [run["state"] for run in one.figures["runs"]] == ["rolled_back", "rolled_back"]
    assert seen(staging) == before, "staging is as it was"
