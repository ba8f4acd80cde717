"""Messages on their way: once each, in one thread, whatever the channel does.

The channel is real code talking HTTP to a recording endpoint, which stands in for Slack and for nothing else.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.messages import milestones
from cutover.messages.courier import Courier
from cutover.messages.errors import ChannelFailed
from cutover.messages.outbox import Outbox
from cutover.notifications.slack import SlackChannel
from cutover.notifications.webhook import WebhookChannel
from localstack.slack_recorder import recording
from localstack.slack_state import SlackState, channel_id_of

TOKEN = "xoxb-made-up-for-tests"
SPEC = {"owner": "data", "tables": [{"name": "public.leads"}], "announce": {"channel": "#migrations"}}


@pytest.fixture
def slack() -> Iterator[tuple[SlackState, str]]:
    with recording(token=TOKEN) as recorder:
        yield recorder


@pytest.fixture
def channel(slack: tuple[SlackState, str]) -> SlackChannel:
    return SlackChannel("#migrations", TOKEN, base_url=f"{slack[1]}/api", timeout=2)


@pytest.fixture
def run(journal: Journal) -> Run:
    return journal.begin_run(
        "leads_v2.20261103T020000",
        migration="leads_v2",
        strategy="online",
        database="db:5432/shop",
        title="Leads get a wider id",
        spec=SPEC,
        triggered_by="olga",
    )


def posted(state: SlackState) -> list[dict[str, Any]]:
    return [message for message in state.messages if message["method"] == "chat.postMessage"]


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.02)


def test_one_thread_per_run(journal: Journal, run: Run, slack: tuple[SlackState, str], channel: SlackChannel) -> None:
    outbox = Outbox(journal, channel, run.run_id)
    milestones.say(journal, run.run_id, "started", note=None)
    outbox.flush()
    milestones.say(journal, run.run_id, "cut_over", pause_ms=40.0, attempts=1)
    outbox.flush()

    first, *replies = posted(slack[0])
    assert first["text"].startswith("Leads get a wider id") and "thread_ts" not in first
    assert [reply["thread_ts"] for reply in replies] == [first["ts"]] * 2
    assert "Started by olga" in replies[0]["text"] and "40 ms" in replies[1]["text"]


def test_the_first_message_follows_the_state(
    journal: Journal, run: Run, slack: tuple[SlackState, str], channel: SlackChannel
) -> None:
    outbox = Outbox(journal, channel, run.run_id)
    outbox.flush()
    outbox.flush()
    journal.set_state(run.run_id, "filling")
    journal.progress(run.run_id, "backfill", "public.leads", 600, 1000, rate=50.0, eta_seconds=8.0)
    outbox.flush()

    post, update = [m for m in slack[0].messages if "thread_ts" not in m]
    assert (post["method"], update["method"]) == ("chat.postMessage", "chat.update")
    assert update["ts"] == post["ts"] and update["channel"] == channel_id_of("#migrations")
    assert "60 %" in update["text"]
    assert "50 % copied" in posted(slack[0])[1]["text"]


def test_what_is_said_twice_is_sent_once(
    journal: Journal, run: Run, slack: tuple[SlackState, str], channel: SlackChannel
) -> None:
    for _ in range(2):
        milestones.say(journal, run.run_id, "window_open")
        Outbox(journal, channel, run.run_id).flush()
    assert len(posted(slack[0])) == 2


def test_of_many_couriers_one_sends(
    journal: Journal, run: Run, slack: tuple[SlackState, str], channel: SlackChannel
) -> None:
    for number in range(5):
        milestones.say(journal, run.run_id, f"note_{number}", "window_open")
    together = threading.Barrier(4)

    def carry() -> None:
        with Journal(journal.info) as own:
            outbox = Outbox(own, channel, run.run_id)
            together.wait()
            for _ in range(4):
                outbox.flush()

    threads = [threading.Thread(target=carry) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(posted(slack[0])) == 6
    assert len([m for m in posted(slack[0]) if "thread_ts" not in m]) == 1


def test_a_short_rate_limit_is_waited_for(
    run: Run, slack: tuple[SlackState, str], journal: Journal, channel: SlackChannel
) -> None:
    slack[0].inject({"error": "ratelimited", "times": 2, "retry_after": 1})
    began = time.monotonic()
    Outbox(journal, channel, run.run_id).flush()
    assert len(posted(slack[0])) == 1
    assert 2 <= time.monotonic() - began < 4


def test_a_long_rate_limit_is_not(
    run: Run, slack: tuple[SlackState, str], journal: Journal, channel: SlackChannel
) -> None:
    slack[0].inject({"error": "ratelimited", "times": 1, "retry_after": 60})
    began = time.monotonic()
    with pytest.raises(ChannelFailed) as caught:
        Outbox(journal, channel, run.run_id).flush()
    assert caught.value.retry_after == 60 and time.monotonic() - began < 2
    assert posted(slack[0]) == []


def test_what_slack_refused_is_sent_later(
    run: Run, slack: tuple[SlackState, str], journal: Journal, channel: SlackChannel
) -> None:
    outbox = Outbox(journal, channel, run.run_id)
    slack[0].inject({"error": "internal_error", "status": 500})
    with pytest.raises(ChannelFailed, match=r"HTTP 500|internal_error"):
        outbox.flush()
    milestones.say(journal, run.run_id, "window_open")
    slack[0].inject({"error": "not_in_channel"})
    with pytest.raises(ChannelFailed) as caught:
        outbox.flush()
    assert "invite the bot" in str(caught.value)
    outbox.flush()
    assert len(posted(slack[0])) == 2


def test_a_wrong_token_says_what_to_do_and_not_what_it_is(
    run: Run, slack: tuple[SlackState, str], journal: Journal
) -> None:
    wrong = SlackChannel("#migrations", "xoxb-wrong-and-secret", base_url=f"{slack[1]}/api", timeout=2)
    with pytest.raises(ChannelFailed) as caught:
        Outbox(journal, wrong, run.run_id).flush()
    assert "token" in str(caught.value) and "xoxb-wrong" not in str(caught.value)


def test_a_message_that_may_be_out_is_not_sent_again(
    run: Run, slack: tuple[SlackState, str], journal: Journal, channel: SlackChannel
) -> None:
    outbox = Outbox(journal, channel, run.run_id)
    outbox.flush()
    milestones.say(journal, run.run_id, "window_open")
    with silent_server() as (address, heard):
        outbox.channel = SlackChannel("#migrations", TOKEN, base_url=f"{address}/api", timeout=1)
        with pytest.raises(ChannelFailed) as caught:
            outbox.flush()
        assert caught.value.maybe_sent and len(heard) == 1
    Outbox(journal, channel, run.run_id).flush()
    assert len(posted(slack[0])) == 1


def test_answers_go_out_though_somebody_deleted_the_first_message(
    run: Run, slack: tuple[SlackState, str], journal: Journal, channel: SlackChannel
) -> None:
    Outbox(journal, channel, run.run_id).flush()
    outbox = Outbox(journal, channel, run.run_id)
    milestones.say(journal, run.run_id, "window_open")
    slack[0].inject({"error": "message_not_found", "method": "chat.update", "times": 5})
    with pytest.raises(ChannelFailed, match="message_not_found"):
        outbox.flush()
    assert len(posted(slack[0])) == 2
    outbox.flush()  # the same head is not tried again and again


def test_a_webhook_sends_each_message_alone(run: Run, slack: tuple[SlackState, str], journal: Journal) -> None:
    outbox = Outbox(journal, WebhookChannel(f"{slack[1]}/services/T/B/secret", timeout=2), run.run_id)
    milestones.say(journal, run.run_id, "window_open")
    outbox.flush()
    journal.set_state(run.run_id, "filling")
    outbox.flush()
    first, second = slack[0].messages
    assert "Leads get a wider id" in first["text"] and run.run_id in second["text"]
    assert {message["method"] for message in slack[0].messages} == {"webhook"}


def test_the_courier_carries_while_the_step_works(
    journal: Journal, run: Run, slack: tuple[SlackState, str], channel: SlackChannel
) -> None:
    with Courier(Outbox(Journal(journal.info), channel, run.run_id), tick=0.05):
        eventually(lambda: len(posted(slack[0])) == 1)
        milestones.say(journal, run.run_id, "cut_over", pause_ms=40.0, attempts=1)
        eventually(lambda: len(posted(slack[0])) == 2)
        milestones.say(journal, run.run_id, "window_open")
    assert len(posted(slack[0])) == 3, "leaving the block sends what was said last"


def test_a_slow_channel_holds_up_a_step_for_its_grace_at_most(journal: Journal, run: Run) -> None:
    with silent_server() as (address, _):
        mute = SlackChannel("#migrations", TOKEN, base_url=f"{address}/api", timeout=30)
        began = time.monotonic()
        with Courier(Outbox(Journal(journal.info), mute, run.run_id), grace=0.5):
            milestones.say(journal, run.run_id, "window_open")
        assert time.monotonic() - began < 2


def test_a_channel_that_is_down_is_told_once_and_costs_nothing(
    journal: Journal, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    down = SlackChannel("#migrations", TOKEN, base_url=f"http://127.0.0.1:{unused_port()}/api", timeout=2)
    courier = Courier(Outbox(Journal(journal.info), down, run.run_id), tick=0.02)
    with courier:
        eventually(lambda: courier.failures > 0)
        courier._quiet_until = 0.0
        eventually(lambda: courier.failures > 1)
    failures = journal.events(run.run_id, kind="message_failed")
    assert len(failures) == 1 and "could not be reached" in failures[0].text
    assert sum("goes on without its messages" in record.message for record in caplog.records) == 1


def test_a_broken_text_does_not_stop_the_others(
    journal: Journal, run: Run, slack: tuple[SlackState, str], channel: SlackChannel
) -> None:
    # A journal row that this release cannot read, as an older or newer one may have left it.
    journal.event(run.run_id, milestones.KIND, "no key", data=None)
    milestones.say(journal, run.run_id, "window_open")
    Outbox(journal, channel, run.run_id).flush()
    assert len(posted(slack[0])) == 2


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class silent_server:
    """Accepts, reads, and never answers: Slack on a very bad day."""

    def __enter__(self) -> tuple[str, list[bytes]]:
        self._heard: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}", self._heard

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            self._heard.append(client.recv(65536))

    def __exit__(self, *exc: object) -> None:
        self._listener.close()
        for client in self._open:
            client.close()
