"""PgBouncer, the S3 server and the recording Slack endpoint of the local stack, as clients meet them."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.webhook import WebhookClient

from cutover.connections import ConnectionInfo
from localstack.cluster import Cluster
from localstack.pgbouncer import PgBouncer
from localstack.s3 import S3Server
from localstack.slack import SlackServer
from localstack.throwaway import fresh_folder


@pytest.fixture(scope="module")
def pooler(pg16: Cluster) -> Iterator[PgBouncer]:
    pg16.create_database("pooled")
    pg16.psql("""create role pooled_app login password 'p w''1"'""")
    users = {"pooled_app": "p w'1\""}
    pooler = PgBouncer(fresh_folder("pgbouncer"), {"pooled": pg16.info(dbname="pooled")}, users, "admin")
    process = pooler.start()
    yield pooler
    process.stop()
    assert not process.alive
    pg16.drop_database("pooled")


def _client(pooler: PgBouncer, **more: Any) -> psycopg.Connection[Any]:
    info = pooler.info("pooled", "pooled", "pooled_app").conninfo()
    return psycopg.connect(info, prepare_threshold=None, autocommit=True, **more)


def test_the_pooler_holds_clients_while_paused_and_loses_none(pooler: PgBouncer) -> None:
    answers: list[object] = []
    with _client(pooler) as client, pooler.admin() as console:
        console.execute("pause pooled")
        waiting = threading.Thread(target=lambda: answers.append(client.execute("select 42").fetchone()))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive(), "a paused pool must not answer"
        console.execute("resume pooled")
        waiting.join(5)
        assert answers == [(42,)]


def test_the_pooler_pools_by_transaction(pooler: PgBouncer) -> None:
    with _client(pooler) as first, _client(pooler) as second:
        backends = {client.execute("select pg_backend_pid()").fetchone() for client in (first, second, first)}
        assert len(backends) == 1


def test_the_pooler_refuses_a_wrong_password(pooler: PgBouncer) -> None:
    info = ConnectionInfo("x", "127.0.0.1", pooler.port, "pooled_app", "wrong", "pooled")
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(info.conninfo())


def test_the_poolers_files_are_for_its_account_only(pooler: PgBouncer) -> None:
    for name in ("pgbouncer.ini", "userlist.txt"):
        assert (pooler.folder / name).stat().st_mode & 0o777 == 0o600


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    server = S3Server(tmp_path_factory.mktemp("s3"), "access-key", "secret-key")
    process = server.start()
    yield server
    process.stop()


def _s3_client(server: S3Server, secret: str) -> Any:
    fields: dict[str, Any] = server.connection()
    extra = fields["extra"]
    return boto3.client(
        "s3",
        aws_access_key_id=fields["login"],
        aws_secret_access_key=secret,
        endpoint_url=extra["endpoint_url"],
        region_name=extra["region_name"],
        config=Config(**extra["config_kwargs"]),
    )


def test_s3_keeps_what_it_is_given(s3: S3Server) -> None:
    client = _s3_client(s3, "secret-key")
    client.put_object(Bucket="cutover", Key="backups/one", Body=b"\x00\xff" * 1000)
    assert client.get_object(Bucket="cutover", Key="backups/one")["Body"].read() == b"\x00\xff" * 1000
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket="cutover")["Contents"]] == ["backups/one"]


def test_s3_refuses_a_wrong_secret(s3: S3Server) -> None:
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        _s3_client(s3, "other-secret").put_object(Bucket="cutover", Key="k", Body=b"")


def test_the_s3_secret_is_on_no_command_line(s3: S3Server) -> None:
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not any(b"secret-key" in line for line in lines)


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[SlackServer]:
    server = SlackServer(tmp_path, "xoxb-test")
    process = server.start()
    yield server
    process.stop()


def _inject(server: SlackServer, **fault: object) -> None:
    request = urllib.request.Request(f"{server.url}/_faults", json.dumps(fault).encode())
    request.add_header("Content-Type", "application/json")
    urllib.request.urlopen(request).close()


def _web(server: SlackServer, token: str = "xoxb-test") -> WebClient:
    return WebClient(token, base_url=f"{server.url}/api/")


def test_slack_keeps_a_thread_and_its_changes(slack: SlackServer) -> None:
    client = _web(slack)
    first = client.chat_postMessage(channel="#migrations", text="begins")
    client.chat_postMessage(channel="#migrations", thread_ts=first["ts"], text="half", blocks=[{"type": "divider"}])
    client.chat_update(channel=first["channel"], ts=first["ts"], text="done")
    said = [(entry["method"], entry.get("thread_ts"), entry["text"]) for entry in slack.messages()]
    assert said == [
        ("chat.postMessage", None, "begins"),
        ("chat.postMessage", first["ts"], "half"),
        ("chat.update", None, "done"),
    ]
    assert slack.messages()[1]["blocks"] == [{"type": "divider"}]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda web: web.chat_postMessage(channel="", text="x"), "channel_not_found"),
        (lambda web: web.chat_postMessage(channel="#c", text=""), "no_text"),
        (lambda web: web.chat_postMessage(channel="#c", text="x", thread_ts="1.1"), "thread_not_found"),
        (lambda web: web.chat_update(channel="#c", ts="1.1", text="x"), "channel_not_found"),
        (lambda web: web.chat_update(channel="C0123456789", ts="1.1", text="x"), "message_not_found"),
        (lambda web: web.conversations_create(name="c"), "unknown_method"),
    ],
)
@pytest.mark.filterwarnings("ignore:The top-level `text` argument")
def test_slack_refuses_what_slack_refuses(slack: SlackServer, call: Any, error: str) -> None:
    with pytest.raises(SlackApiError, match=error):
        call(_web(slack))
    assert slack.messages() == []


def test_slack_refuses_a_wrong_token(slack: SlackServer) -> None:
    with pytest.raises(SlackApiError, match="invalid_auth"):
        _web(slack, "xoxb-other").auth_test()


def test_slack_limits_rates_when_told_to(slack: SlackServer) -> None:
    _inject(slack, error="ratelimited", times=1, retry_after=1)
    client = _web(slack)
    with pytest.raises(SlackApiError, match="ratelimited"):
        client.chat_postMessage(channel="#c", text="x")
    _inject(slack, error="ratelimited", times=1, retry_after=0)
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    assert client.chat_postMessage(channel="#c", text="x")["ok"]
    assert len(slack.messages()) == 1


def test_slack_fails_one_method_when_told_to(slack: SlackServer) -> None:
    _inject(slack, method="chat.update", status=500, times=1)
    client = _web(slack)
    first = client.chat_postMessage(channel="#c", text="x")
    with pytest.raises(SlackApiError):
        client.chat_update(channel=first["channel"], ts=first["ts"], text="y")
    assert client.chat_update(channel=first["channel"], ts=first["ts"], text="y")["ok"]


def test_slack_takes_webhooks(slack: SlackServer) -> None:
    answer = WebhookClient(f"{slack.url}/services/T1/B1/secret").send(text="hello")
    assert (answer.status_code, answer.body) == (200, "ok")
    assert WebhookClient(f"{slack.url}/services/T1").send(text="hello").status_code == 404
    (kept,) = slack.messages()
    assert (kept["method"], kept["text"]) == ("webhook", "hello")
    assert "secret" not in slack.file.read_text()


def test_what_slack_was_told_survives_its_restart(tmp_path: Path) -> None:
    server = SlackServer(tmp_path, "xoxb-test")
    process = server.start()
    first = _web(server).chat_postMessage(channel="#c", text="x")
    process.stop()
    process = server.start()
    try:
        assert _web(server).chat_update(channel=first["channel"], ts=first["ts"], text="y")["ok"]
    finally:
        process.stop()
