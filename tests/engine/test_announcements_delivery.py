"""Announcements on their way: each exactly once, whoever dies, is slow, or is at it at the same time.

The channels are real code talking HTTP to a recording endpoint, which stands in for Slack and for nothing else.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.messages import milestones
from cutover.messages.announcements import box
from cutover.messages.announcements.running import audiences_of
from cutover.messages.announcements.turn import take_turn
from cutover.messages.blocks import to_message
from cutover.messages.courier import Courier, Couriers
from cutover.messages.errors import ChannelFailed
from cutover.notifications.slack import SlackChannel
from cutover.notifications.webhook import WebhookChannel
from localstack.slack_recorder import recording
from localstack.slack_state import SlackState, channel_id_of
from support.announcing import PLACES, TOKEN, channels, dying_turn, grow_stale, migration, said, turn
from support.dying import KILLED

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
T = NOW + timedelta(hours=20)
IN_20_HOURS = ["A trial: in 20 hours", "A trial: in 20 hours", "Planned work on the shop, in 20 hours"]
POINTS = ("announcement.claimed", "announcement.sending", "announcement.posted")
# Told to them alone, so that a death concerns the one announcement that is meant.
ONE = {"developers": {"channel": "#dev"}}


@pytest.fixture
def slack() -> Iterator[tuple[SlackState, str]]:
    with recording(token=TOKEN) as recorder:
        yield recorder


def begin(journal: Journal, **more: Any) -> Run:
    return journal.begin_run(
        "trial.1", migration="trial", strategy="online", database="db", title="A trial", triggered_by="olga",
        **{"spec": migration(None).snapshot(), **more},
    )  # fmt: skip


def test_a_reminder_reaches_each_audience_once(journal: Journal, slack: tuple[SlackState, str]) -> None:
    state, url = slack
    spec = migration(T)
    first = turn(journal, url, [spec], at=NOW)
    assert len(first.sent) == 3 and first.troubles == []
    assert turn(journal, url, [spec], at=NOW).sent == []
    assert said(state) == IN_20_HOURS
    assert [m["channel"] for m in state.messages] == ["#dev", "#ops", "#users"]
    assert all("should have come on" in m["text"] for m in state.messages), "it is four hours late"
    told = journal.announcements("trial")
    assert {(t.moment, t.late, t.uncertain, t.window_start) for t in told} == {("before_24h", True, False, T)}
    assert {t.channel_id for t in told} == {channel_id_of(name) for name in ("#dev", "#ops", "#users")}


@pytest.mark.parametrize("point", POINTS)
def test_killed_in_the_middle_it_comes_once(journal: Journal, slack: tuple[SlackState, str], point: str) -> None:
    """The first audience's channel is known from before, so that what may be out can be looked for there."""
    state, url = slack
    turn(journal, url, [migration(T, ONE, name="earlier")], at=NOW)
    state.messages.clear()

    assert dying_turn(journal, url, T, point) == KILLED
    out = 1 if point == "announcement.posted" else 0
    assert len(said(state)) == out
    # At once nobody else may: the claimant could be alive. The other audiences do not wait for that.
    turn(journal, url, [migration(T)])
    assert len(said(state, "#dev")) == out and len(said(state)) == out + 2
    grow_stale(journal)
    for _ in range(2):
        turn(journal, url, [migration(T)])
    assert len(said(state, "#dev")) == len(said(state, "#ops")) == len(said(state, "#users")) == 1
    told = [each for each in journal.announcements("trial") if each.audience == "developers"]
    assert [(t.uncertain, t.ts) for t in told] == [
        (False, next(m["ts"] for m in state.messages if m["channel"] == "#dev"))
    ]


@pytest.mark.parametrize("fault", [{"error": "missing_scope"}, {"error": "channel_not_found"}])
def test_where_nobody_can_look_one_that_may_be_out_is_not_sent_again(
    journal: Journal, slack: tuple[SlackState, str], fault: dict[str, Any]
) -> None:
    state, url = slack
    turn(journal, url, [migration(T, ONE, name="earlier")], at=NOW)
    state.messages.clear()
    state.inject({**fault, "method": "conversations.history", "times": 9})
    assert dying_turn(journal, url, T, "announcement.posted") == KILLED
    grow_stale(journal)
    turn(journal, url, [migration(T)])
    assert len(said(state, "#dev")) == 1
    (told,) = [each for each in journal.announcements("trial") if each.audience == "developers"]
    assert told.uncertain, "and a person can see that it may be missing"


def test_a_first_message_to_a_channel_of_which_nobody_knows_the_id(
    journal: Journal, slack: tuple[SlackState, str]
) -> None:
    assert dying_turn(journal, slack[1], T, "announcement.posted") == KILLED
    grow_stale(journal)
    turn(journal, slack[1], [migration(T)])
    assert len(said(slack[0])) == 3
    assert [t.audience for t in journal.announcements("trial") if t.uncertain] == ["developers"]


def test_a_channel_that_is_named_by_its_id_is_always_looked_through(
    journal: Journal, slack: tuple[SlackState, str]
) -> None:
    here = SlackChannel(channel_id_of("#dev"), TOKEN, base_url=f"{slack[1]}/api", timeout=2)
    since = datetime.now(UTC)
    assert here.find("a/b/c/d", None, since) is None
    _, ts = here.post(to_message("hello", tag="a/b/c/d"))
    here.post(to_message("another", tag="a/b/c/e"))
    assert here.find("a/b/c/d", None, since) == (channel_id_of("#dev"), ts)
    assert here.find("a/b/c/d", None, since + timedelta(minutes=5)) is None


def test_two_turns_at_once_send_each_once(journal: Journal, slack: tuple[SlackState, str]) -> None:
    specs = [migration(T, name=f"trial_{n}") for n in range(3)]
    together = threading.Barrier(4)
    turns = []

    def take() -> None:
        with Journal(journal.info) as own:
            together.wait()
            turns.append(turn(own, slack[1], specs, at=NOW))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said(slack[0])) == sorted(IN_20_HOURS * 3)
    assert sum(len(each.sent) for each in turns) == 9


def test_a_channel_that_is_down_is_tried_once_per_turn_and_loses_nothing(
    journal: Journal, slack: tuple[SlackState, str]
) -> None:
    state, url = slack
    specs = [migration(T, ONE, name=f"trial_{n}") for n in range(3)]
    state.inject({"error": "internal_error", "status": 500})
    missed = turn(journal, url, specs, at=NOW)
    assert missed.sent == [] and len(missed.troubles) == 1, missed
    assert len(turn(journal, url, specs, at=NOW).sent) == 3


def test_a_channel_that_refuses_keeps_no_other_waiting(journal: Journal, slack: tuple[SlackState, str]) -> None:
    state, url = slack
    state.inject({"error": "not_in_channel"})
    half = turn(journal, url, [migration(T)], at=NOW)
    assert len(half.sent) == 2 and "not_in_channel" in half.troubles[0]
    assert [entry.audience for entry in turn(journal, url, [migration(T)], at=NOW).sent] == ["developers"]


def test_a_short_rate_limit_is_waited_for_and_a_long_one_is_not(
    journal: Journal, slack: tuple[SlackState, str]
) -> None:
    state, url = slack
    state.inject({"error": "ratelimited", "retry_after": 1})
    assert len(turn(journal, url, [migration(T, ONE)], at=NOW).sent) == 1
    state.inject({"error": "ratelimited", "retry_after": 60})
    began = time.monotonic()
    assert turn(journal, url, [migration(T, ONE, name="other")], at=NOW).troubles
    assert time.monotonic() - began < 2
    assert len(turn(journal, url, [migration(T, ONE, name="other")], at=NOW).sent) == 1


def test_an_answer_that_was_lost_is_looked_for(journal: Journal, slack: tuple[SlackState, str]) -> None:
    """Slack has the message, the sender does not know."""
    state, url = slack
    turn(journal, url, [migration(T, ONE, name="earlier")], at=NOW)
    spec = migration(T, ONE)
    with swallowing(url) as deaf:
        assert take_turn(journal, [spec], channels(deaf, timeout=1), clock=lambda: NOW).troubles
    assert len(said(state)) == 2
    assert turn(journal, url, [spec], at=NOW).sent == [], "it may still be on its way"
    grow_stale(journal)
    turn(journal, url, [spec], at=NOW)
    assert len(said(state)) == 2 and len(journal.announcements("trial")) == 1


def test_a_webhook_tells_an_audience_and_cannot_be_asked(journal: Journal, slack: tuple[SlackState, str]) -> None:
    hook = WebhookChannel(f"{slack[1]}/services/T/B/secret", timeout=2)
    users = {"end_users": {"connection": "status", "service": "the shop"}}
    specs = [migration(T, users)]
    for _ in range(2):
        take_turn(journal, specs, lambda audience: hook, clock=lambda: NOW)
    assert [m["method"] for m in slack[0].messages] == ["webhook"]
    assert "secret" not in str(journal.announcements("trial"))
    with pytest.raises(ChannelFailed) as caught:
        hook.find("a/b/c/d", None, NOW)
    assert caught.value.refused


def test_events_are_carried_beside_the_step_and_in_order(journal: Journal, slack: tuple[SlackState, str]) -> None:
    run = begin(journal)
    loads = [
        box.Box(Journal(journal.info), channels(slack[1])(place), run.run_id, box.of_run(journal, run.run_id, n, place))
        for n, place in audiences_of(run).items()
    ]
    with Couriers(loads, grace=10.0):
        milestones.say(journal, run.run_id, "started", note=None)
        journal.mark_swapped(run.run_id, timedelta(hours=48))
        milestones.say(journal, run.run_id, "cut_over", pause_ms=42.0, attempts=1)
        journal.set_state(run.run_id, "rolling_back", reason="3 rows differ")
        journal.set_state(run.run_id, "rolled_back")
        milestones.say(journal, run.run_id, "rolled_back", was_swapped=True, pause_ms=40.0, downtime_s=None, lost=None)
    for channel in ("#dev", "#ops"):
        *_, cut_over, back = said(slack[0], channel)
        assert cut_over.startswith("*Cut over:*") and back == "A trial: rolled back"
    assert turn(journal, slack[1]).sent == []
    operations = [m["text"] for m in slack[0].messages if m["channel"] == "#ops"]
    assert "*Reason:* 3 rows differ" in operations[-1]
    assert "3 rows differ" not in str([m["text"] for m in slack[0].messages if m["channel"] == "#users"])


def test_what_the_steps_could_not_say_the_clock_does(journal: Journal, slack: tuple[SlackState, str]) -> None:
    run = begin(journal)
    milestones.say(journal, run.run_id, "failed", reason="x", advice="y")
    sent = turn(journal, slack[1], at=datetime.now(UTC) + timedelta(hours=1)).sent
    assert [(e.audience, e.moment) for e in sent] == [("developers", "failed"), ("operations", "failed")]
    assert all("late" in m["text"] for m in slack[0].messages)


@pytest.mark.parametrize("rehearsal", [{"dry_run": True}, {"rehearsal_of": "trial"}])
def test_a_rehearsal_is_announced_to_nobody(
    journal: Journal, slack: tuple[SlackState, str], rehearsal: dict[str, Any]
) -> None:
    run = begin(journal, **rehearsal)
    milestones.say(journal, run.run_id, "failed", reason="x", advice="y")
    assert turn(journal, slack[1]).sent == [] and audiences_of(journal.get_run(run.run_id)) == {}
    for name, audience in run_audiences().items():
        box.Box(
            journal, channels(slack[1])(audience), run.run_id, box.of_run(journal, run.run_id, name, audience)
        ).flush()
    assert slack[0].messages == []


def run_audiences() -> dict[str, Any]:
    return dict(migration(None).announce.audiences.named())


def test_a_slow_audience_holds_up_a_step_for_one_grace_at_most(journal: Journal) -> None:
    run = begin(journal)
    with swallowing(None) as mute:
        loads = [
            box.Box(
                Journal(journal.info), channels(mute, 30)(place), run.run_id, box.of_run(journal, run.run_id, n, place)
            )
            for n, place in audiences_of(run).items()
        ]
        assert len(loads) == 3
        began = time.monotonic()
        with Couriers(loads, grace=0.5):
            milestones.say(journal, run.run_id, "failed", reason="x", advice="y")
        assert time.monotonic() - began < 1.5


def test_a_journal_that_is_away_costs_the_step_nothing(journal: Journal, slack: tuple[SlackState, str]) -> None:
    run, away = begin(journal), Journal(journal.info, patience=0.1)
    place = audiences_of(run)["developers"]
    load = box.Box(away, channels(slack[1])(place), run.run_id, box.of_run(away, "nobody.1", "developers", place))
    courier = Courier(load, tick=0.02)
    with courier:
        ends = time.monotonic() + 10
        while courier.failures == 0:
            assert time.monotonic() < ends
            time.sleep(0.01)
    assert slack[0].messages == []


def test_a_text_that_cannot_be_filled_costs_itself_only(journal: Journal, slack: tuple[SlackState, str]) -> None:
    run = begin(journal)
    # As another release may have left it: without the values that this one's text wants.
    data = {"key": "cut_over", "template": "cut_over", "values": {}}
    journal.event(run.run_id, milestones.KIND, "...", data=data)
    milestones.say(journal, run.run_id, "failed", reason="x", advice="y")
    taken = turn(journal, slack[1])
    assert [e.moment for e in taken.sent if e.audience == "operations"] == ["failed"]
    assert any("cut_over.md cannot be filled" in trouble for trouble in taken.troubles)


def test_a_claim_that_was_taken_over_sends_nothing(journal: Journal) -> None:
    what = ("trial", "planned", "developers", "before_24h")
    more = {"moment": "before_24h", "run_id": None, "window_start": T}
    slow = journal.claim_announcement(what, **more)
    assert slow is not None and slow.doubtful_since is None
    assert journal.claim_announcement(what, **more) is None
    grow_stale(journal)
    quick = journal.claim_announcement(what, **more)
    assert quick is not None and quick.doubtful_since is None, "the slow one had not begun to send"
    assert not journal.announcement_sending(slow, "#dev") and journal.announcement_sending(quick, "#dev")
    journal.release_announcement(slow)
    journal.announcement_sent(quick, channel="#dev", channel_id="C1", ts="1.1")
    journal.release_announcement(quick)
    grow_stale(journal)
    assert journal.claim_announcement(what, **more) is None
    assert journal.channel_id("#dev") == "C1" and journal.channel_id("#ops") is None


def test_what_was_said_of_a_run_goes_with_it(journal: Journal, slack: tuple[SlackState, str]) -> None:
    begin(journal)
    turn(journal, slack[1])
    assert journal.announcements("trial")
    journal.attempt(lambda db: db.execute("delete from cutover_journal.run"))
    assert journal.announcements("trial") == []


def test_which_runs_are_looked_at(journal: Journal) -> None:
    begin(journal)
    values: dict[str, Any] = {"strategy": "online", "title": "x", "migration": "m"}
    plain = {"announce": {"audiences": dict.fromkeys(PLACES)}}
    for number, (spec, more) in enumerate(
        [({}, {}), (plain, {}), ({"announce": None}, {}), (migration(None).snapshot(), {"dry_run": True})]
    ):
        journal.begin_run(f"m.{number}", database=f"db{number}", spec=spec, **values, **more)
    since = datetime.now(UTC) - timedelta(days=7)
    assert [run.run_id for run in journal.announced_runs(since)] == ["trial.1"]
    journal.set_state("trial.1", "failed")
    assert len(journal.announced_runs(since)) == 1 and journal.announced_runs(datetime.now(UTC)) == []


@contextmanager
def swallowing(url: str | None) -> Iterator[str]:
    """Pass requests on to ``url``, if any, and keep the answers: Slack on a very bad day."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            kept.append(client)
            request = client.recv(65536)
            while b"\r\n\r\n" in request and len(request.split(b"\r\n\r\n", 1)[1]) < _length(request):
                request += client.recv(65536)
            if url:
                host, port = url.removeprefix("http://").split(":")
                with socket.create_connection((host, int(port))) as upstream:
                    upstream.sendall(request)
                    upstream.recv(65536)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        for client in kept:
            client.close()


def _length(request: bytes) -> int:
    head = request.split(b"\r\n\r\n", 1)[0].lower()
    return next((int(line.split(b":")[1]) for line in head.splitlines() if line.startswith(b"content-length:")), 0)
