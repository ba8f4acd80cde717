"""A pair with nothing against it, as superuser and as the least that is needed; and what preflight leaves behind."""

from __future__ import annotations

import pytest

from cutover.postgres.blue_green.steps import ready
from support.pair_preflighting import Asked, codes

pytestmark = pytest.mark.timeout(180)


def test_nothing_stands_in_the_way_of_a_clean_pair(asked: Asked) -> None:
    found = asked.findings()
    assert codes(found, "error") == set(), found
    assert codes(found, "warning") == set(), found
    left = asked.world.green("SELECT datname FROM pg_database WHERE datname LIKE 'cutover_preflight%'")
    assert left == []
    assert asked.world.leftovers() == []
    assert asked.world.green("SELECT FROM pg_subscription") == []


def test_a_step_of_a_run_says_the_same_and_passes(asked: Asked) -> None:
    ctx = asked.world.begin()
    found = ready.preflight(ctx)
    assert codes(found, "error") == set()
    assert {"BG031", "BG032", "BG033", "BG037"} <= codes(found, "info")


def test_a_step_with_errors_names_them_all_with_what_mends_them(asked: Asked) -> None:
    asked.world.blue("CREATE TABLE keyless (a int); CREATE TABLE unsure (a int); SELECT lo_create(0)")
    ctx = asked.world.begin()
    with pytest.raises(ready.PreflightFailed) as failed:
        ready.preflight(ctx)
    text = str(failed.value)
    assert "found 3 errors" in text and "public.keyless" in text and "public.unsure" in text and "large objects" in text
    assert 'ALTER TABLE "public"."keyless" ADD PRIMARY KEY' in text
