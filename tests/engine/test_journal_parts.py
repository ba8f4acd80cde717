"""Steps, progress, checks, events, controls, documents and messages of the journal."""

from __future__ import annotations

import math
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutover.errors import Cancelled, CutoverError
from cutover.journal.check import Check
from cutover.journal.errors import ControlRefused, DocumentUnknown, NotJsonSafe
from cutover.journal.records import Control
from cutover.journal.safe import scrubbed
from cutover.journal.store import Journal

RUN = "leads_v2.1"


@pytest.fixture
def run(journal: Journal) -> Journal:
    """A journal with one run."""
    journal.begin_run(RUN, migration="leads_v2", strategy="online", database="shop", title="Leads", spec={})
    return journal


def test_a_step_is_written_with_its_detail(run: Journal) -> None:
    with run.step(RUN, "build") as step:
        assert [(s.name, s.state, s.ended_at) for s in run.steps(RUN)] == [("build", "running", None)]
        step.detail({"tables": 2})
        step.detail({"rows": 10**15})
    (done,) = run.steps(RUN)
    assert (done.state, done.attempt, done.error, done.detail) == ("done", 1, None, {"tables": 2, "rows": 10**15})
    assert done.ended_at is not None
    assert done.ended_at >= done.started_at


class _Fails(CutoverError):
    code = "TST001"


@pytest.mark.parametrize(
    ("error", "state", "text"),
    [
        (_Fails("table public.leads has no key.", fix="add one"), "failed", "[TST001] table public.leads has no key."),
        (Cancelled("stopped by the operator."), "cancelled", "[CUT001] stopped by the operator."),
        (KeyboardInterrupt(), "cancelled", "KeyboardInterrupt"),
        (SystemExit(1), "failed", "1"),
        (ValueError("nul \x00 and \ud800"), "failed", "nul \\x00 and \\ud800"),
        (ValueError("cannot reach postgres://bob:hunter2@db/x password=hunter2"), "failed", "***"),
    ],
)
def test_a_step_that_fails_says_how_and_its_error_goes_on(
    run: Journal, error: BaseException, state: str, text: str
) -> None:
    with pytest.raises(type(error)) as raised, run.step(RUN, "fill") as step:
        step.detail({"rows": 7})
        raise error
    assert raised.value is error
    (attempt,) = run.steps(RUN)
    assert (attempt.state, attempt.detail) == (state, {"rows": 7})
    assert text in (attempt.error or "")
    assert "hunter2" not in (attempt.error or "")


def test_attempts_are_counted_per_step_and_a_dead_workers_is_closed(run: Journal) -> None:
    with pytest.raises(ValueError, match="x"), run.step(RUN, "fill"):
        raise ValueError("x")
    killed = run.step(RUN, "fill")
    killed.__enter__()  # and never left: as when the worker is killed
    with run.step(RUN, "index"):
        pass
    with run.step(RUN, "fill") as step:
        assert step.attempt == 3
    steps = {(s.name, s.attempt): s for s in run.steps(RUN)}
    assert {k: s.state for k, s in steps.items()} == {
        ("fill", 1): "failed",
        ("fill", 2): "lost",
        ("index", 1): "done",
        ("fill", 3): "done",
    }
    assert "without a word" in (steps["fill", 2].error or "")


def test_detail_that_json_would_change_is_refused_where_it_is_given(run: Journal) -> None:
    with pytest.raises(NotJsonSafe, match=r"detail of step 'fill': \$\.rate is nan"), run.step(RUN, "fill") as step:
        step.detail({"rate": math.nan})
    assert run.steps(RUN)[0].state == "failed"


def test_progress_is_one_line_per_item(run: Journal) -> None:
    run.progress(RUN, "fill", "public.leads", 0, 100)
    run.progress(RUN, "fill", "public.notes", 5, None, note="paused")
    run.progress(RUN, "fill", "public.leads", 60, 100, rate=12.5, eta_seconds=3.2)
    leads, notes = run.get_progress(RUN)
    assert (leads.item, leads.done, leads.total, leads.rate, leads.eta_seconds) == ("public.leads", 60, 100, 12.5, 3.2)
    assert (notes.item, notes.done, notes.total, notes.note) == ("public.notes", 5, None, "paused")
    assert leads.updated_at > leads.started_at


def test_progress_from_many_threads_at_once(run: Journal) -> None:
    def tell(worker: int) -> None:
        for done in range(50):
            run.progress(RUN, "fill", f"t{worker}", done + 1, 50)

    threads = [threading.Thread(target=tell, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {p.item: p.done for p in run.get_progress(RUN)} == {f"t{n}": 50 for n in range(8)}


def check(ok: bool = True, **changes: Any) -> Check:
    values: dict[str, Any] = {
        "code": "ROW_COUNT",
        "name": "row count",
        "ok": ok,
        "severity": "error",
        "summary": "100 rows on both sides",
        "figures": {"live": 100, "shadow": 100, "by": ["count(*)", None, 0.5]},
        "object": "public.leads",
    }
    return Check(**{**values, **changes})


def test_checks_come_back_as_they_were(run: Journal) -> None:
    given_checks = [
        check(),
        check(object="public.notes", ok=False),
        check(code="ROW_DIFF", severity="warning", object=None),
    ]
    for one in given_checks:
        run.record_check(RUN, one)
    assert run.checks(RUN) == given_checks
    assert [c.blocks for c in given_checks] == [False, True, False]
    assert [Check.from_dict(c.as_dict()) for c in given_checks] == given_checks


def test_a_check_that_ran_again_counts_with_its_newest_verdict(run: Journal) -> None:
    run.record_check(RUN, check(ok=False))
    run.record_check(RUN, check(object="public.notes", ok=False))
    run.record_check(RUN, check(ok=True))
    assert [(c.object, c.ok) for c in run.checks(RUN)] == [("public.notes", False), ("public.leads", True)]
    assert [c.ok for c in run.checks(RUN, history=True)] == [False, False, True]


NOT_SAFE: list[tuple[dict[str, Any], str]] = [
    ({"at": datetime.now(UTC)}, "$.at is a datetime"),
    ({"n": Decimal("1.5")}, "$.n is a Decimal"),
    ({"n": math.inf}, "$.n is inf"),
    ({"a": [1, {2, 3}]}, "$.a[1] is a set"),
    ({"a": {1: 2}}, "$.a has the key 1"),
    ({"a": "x\x00"}, "$.a has a NUL"),
    ({"a": "\ud800"}, "$.a has a lone surrogate"),
    ({"a": b"x"}, "$.a is a bytes"),
]


def test_events_take_only_data_that_comes_back(run: Journal) -> None:
    for data, path in NOT_SAFE:
        with pytest.raises(NotJsonSafe) as refused:
            run.event(RUN, "note", "x", data=data)
        assert path in refused.value.what
        assert "data of event 'note'" in refused.value.what
    assert run.events(RUN) == []


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(-1e15, 1e15)  # beyond, jsonb gives a whole number back
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.dictionaries(st.text("abc", max_size=3), _json, max_size=3), text=st.text(max_size=30))
def test_events_are_kept_in_order_with_their_data(run: Journal, data: dict[str, Any], text: str) -> None:
    run.event(RUN, "note", text, "olga", data)
    last = run.events(RUN)[-1]
    assert (last.kind, last.actor, last.data) == ("note", "olga", data)
    assert last.text == scrubbed(text)


def test_controls_change_one_by_one_and_say_who(run: Journal) -> None:
    assert run.control(RUN) == Control()
    run.set_control(RUN, "olga", paused=True)
    run.set_control(RUN, "max", batch_rows=500, pause_seconds=0.5)
    run.set_control(RUN, "olga", paused=False, workers=4)
    now = run.control(RUN)
    assert (now.paused, now.batch_rows, now.pause_seconds, now.workers, now.changed_by) == (False, 500, 0.5, 4, "olga")
    run.set_control(RUN, "max", batch_rows=None)
    assert run.control(RUN).batch_rows is None
    assert run.control(RUN).workers == 4
    assert [(e.actor, e.text, e.data) for e in run.events(RUN, kind="control")] == [
        ("olga", "paused = True", {"paused": True}),
        ("max", "batch_rows = 500, pause_seconds = 0.5", {"batch_rows": 500, "pause_seconds": 0.5}),
        ("olga", "paused = False, workers = 4", {"paused": False, "workers": 4}),
        ("max", "batch_rows = as in the spec", {"batch_rows": None}),
    ]


NO_CONTROLS: list[tuple[dict[str, Any], str]] = [
    ({}, "no control was named"),
    ({"batchrows": 1}, "did you mean 'batch_rows'"),
    ({"zzz": 1}, "use one of paused, batch_rows"),
    ({"paused": "yes"}, "give true or false"),
    ({"paused": None}, "give true or false"),
    ({"batch_rows": 0}, "whole number of rows"),
    ({"batch_rows": 1.5}, "whole number of rows"),
    ({"batch_rows": True}, "whole number of rows"),
    ({"workers": 33}, "from 1 to 32"),
    ({"pause_seconds": -1}, "seconds from 0 to 3600"),
    ({"pause_seconds": math.nan}, "seconds from 0 to 3600"),
    ({"workers": 2, "batch_rows": -1}, "whole number of rows"),
]


def test_controls_that_make_no_sense_change_nothing(run: Journal) -> None:
    for changes, message in NO_CONTROLS:
        with pytest.raises(ControlRefused, match=message):
            run.set_control(RUN, "olga", **changes)
    assert run.control(RUN) == Control()
    assert run.events(RUN) == []


def test_documents_are_kept_byte_by_byte_and_replaced(run: Journal) -> None:
    run.put_document(RUN, "report.html", "text/html", "<p>\u20ac</p>")
    run.put_document(RUN, "blob", "application/octet-stream", bytes(range(256)))
    run.put_document(RUN, "report.html", "text/html", "<p>2</p>")
    found = run.document(RUN, "report.html")
    assert (found.media_type, found.text, found.body) == ("text/html", "<p>2</p>", b"<p>2</p>")
    assert run.document(RUN, "blob").body == bytes(range(256))
    assert [(d.name, d.size) for d in run.documents(RUN)] == [("blob", 256), ("report.html", 8)]
    with pytest.raises(DocumentUnknown, match=r"it has: blob, report\.html"):
        run.document(RUN, "plan.md")


def test_of_many_who_would_send_a_message_one_does(run: Journal) -> None:
    start, claims = threading.Barrier(8), []

    def contend() -> None:
        start.wait(30)
        claims.append(run.claim_message(RUN, "begun"))

    threads = [threading.Thread(target=contend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claims) == [False] * 7 + [True]
    assert run.message(RUN, "begun") is None  # claimed is not sent
    run.message_sent(RUN, "begun", "C1", "171.1")
    sent = run.message(RUN, "begun")
    assert sent is not None
    assert (sent.channel, sent.ts) == ("C1", "171.1")
    assert not run.claim_message(RUN, "begun", stale_after=timedelta(0))
    assert run.claim_message(RUN, "swapped")


def test_a_claim_whose_holder_died_is_handed_out_again_and_a_failed_one_given_back(run: Journal) -> None:
    assert run.claim_message(RUN, "begun")
    assert not run.claim_message(RUN, "begun")
    assert run.claim_message(RUN, "begun", stale_after=timedelta(0))
    run.release_message(RUN, "begun")
    assert run.claim_message(RUN, "begun")
    run.message_sent(RUN, "begun", "C1", "171.1")
    run.release_message(RUN, "begun")
    assert run.message(RUN, "begun") is not None


def test_a_sent_message_keeps_its_first_time_and_takes_its_new_place(run: Journal) -> None:
    run.message_sent(RUN, "begun", "C1", "171.1")
    first = run.message(RUN, "begun")
    run.message_sent(RUN, "begun", "C1", "171.2")
    second = run.message(RUN, "begun")
    assert first is not None
    assert second is not None
    assert (second.ts, second.sent_at) == ("171.2", first.sent_at)


def test_nothing_is_left_when_a_run_is_deleted(run: Journal) -> None:
    """Retention deletes a run by one statement."""
    with run.step(RUN, "build"):
        pass
    run.progress(RUN, "fill", "t", 1)
    run.record_check(RUN, check())
    run.event(RUN, "note", "x")
    run.set_control(RUN, "olga", paused=True)
    run.put_document(RUN, "plan.md", "text/markdown", "x")
    run.claim_message(RUN, "begun")
    with psycopg.connect(run.info.conninfo(), autocommit=True) as db:
        db.execute("delete from cutover_journal.run")
        for table in ("step", "progress", "verdict", "event", "control", "document", "message"):
            assert db.execute(f"select count(*) from cutover_journal.{table}").fetchone() == (0,), table


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("postgres://bob:hunter2@db:5432/x", "postgres://bob:***@db:5432/x"),
        ("postgresql+psycopg://:hunter2@db", "postgresql+psycopg://:***@db"),
        ("host=db password=hunter2 user=bob", "host=db password=*** user=bob"),
        ("password = 'hun ter2' x", "password = *** x"),
        ("SSLPASSWORD=hunter2,x", "SSLPASSWORD=***,x"),
        ("the password of bob is wrong", "the password of bob is wrong"),
        ("https://example.org/a@b", "https://example.org/a@b"),
    ],
)
def test_passwords_in_messages_are_struck_out(text: str, clean: str) -> None:
    assert scrubbed(text) == clean
