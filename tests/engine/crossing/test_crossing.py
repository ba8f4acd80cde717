"""There: live changes sides under clients that never notice, and blue follows from then on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from cutover import points
from cutover.errors import CutoverError
from cutover.postgres.blue_green.clearance import NotReady
from cutover.postgres.blue_green.crossing import NotCrossed
from cutover.postgres.blue_green.steps.cut_over import SchemaChanged, cut_over
from cutover.postgres.blue_green.steps.status import status
from cutover.postgres.blue_green.steps.watch import keep_in_step, watch
from cutover.routing import Place, RouterFailed
from cutover.routing.pgbouncer import PgBouncerRouter
from localstack.cluster import Cluster
from support.pair_link import Clients, Link

pytestmark = pytest.mark.timeout(300)


def test_clients_never_notice_and_blue_follows(link: Link) -> None:
    with Clients(link) as clients:
        done = cut_over(link.ctx)
        clients.await_commits(50)
    assert clients.failed == []
    assert link.leads_to() == "green"
    clients.check(link, "green")
    assert (link.writable("blue"), link.writable("green")) == (False, True)
    assert done["exact"]["row_diff"] == 0
    assert done["attempts"] == 1, done["refused"]
    checks = {check["code"]: check for check in watch(link.ctx)}
    assert all(check["ok"] for check in checks.values()), checks
    assert link.rows("blue") == link.rows("green")
    assert keep_in_step(link.ctx)["live"] == "green"
    assert status(link.ctx)["live"] == "green"
    assert cut_over(link.ctx) == {"already": True}


def test_sequences_of_every_kind_go_on_where_they_were(link: Link) -> None:
    link.sql("blue", "SELECT nextval('downwards') FROM generate_series(1, 5); SELECT setval('untouched', 500, false)")
    link.sql("blue", "INSERT INTO entry (account, token) SELECT 1, 't' || n FROM generate_series(1, 30) AS n")
    cut_over(link.ctx)
    assert link.one("green", "SELECT nextval('downwards')") == 100 - 15
    assert link.one("green", "SELECT nextval('untouched')") == 500
    assert link.one("green", "INSERT INTO entry (account, token) VALUES (1, 'new') RETURNING id") == 31
    assert link.one("green", "INSERT INTO account (owner, balance) VALUES ('x', 0) RETURNING id") == 51


def test_a_transaction_that_outlasts_the_pause_changes_nothing(link: Link, pg16: Cluster) -> None:
    link.ctx.spec.__dict__["cutover"] = link.ctx.spec.cutover.model_copy(update={"attempts": 2})
    with psycopg.connect(link.info("blue").conninfo()) as direct:
        direct.execute("INSERT INTO account (owner, balance) VALUES ('direct', 0)")
        with Clients(link, count=1) as clients:
            with pytest.raises(NotCrossed, match="transactions are open for longer"):
                cut_over(link.ctx)
            clients.await_commits(10)
    assert clients.failed == []
    assert link.leads_to() == "blue"
    assert (link.writable("blue"), link.writable("green")) == (True, False)


def test_ddl_on_blue_is_refused_by_name(link: Link) -> None:
    link.sql("blue", "ALTER TABLE account ADD COLUMN surprise text")
    with pytest.raises(SchemaChanged, match="surprise"):
        cut_over(link.ctx)
    assert link.leads_to() == "blue"
    assert link.writable("blue")


def test_a_router_that_does_not_answer_is_named_before_anybody_is_held(link: Link) -> None:
    link.process.stop()
    with pytest.raises(CutoverError, match="link_pooler") as raised:
        cut_over(link.ctx)
    assert "PgBouncer" in str(raised.value)
    assert (link.writable("blue"), link.writable("green")) == (True, False)


@pytest.fixture
def at() -> Iterator[Callable[[str, Callable[[], None]], None]]:
    """Have something done when the cutover comes to a point."""
    named: list[str] = []

    def register(point: str, handler: Callable[[], None]) -> None:
        named.append(point)
        points.on(point, handler)

    yield register
    for point in named:
        points.on(point, None)


def test_a_router_that_leads_elsewhere_is_left_alone(link: Link) -> None:
    router = PgBouncerRouter(link.pooler.console("link_pooler", link.dbname))
    elsewhere = Place("127.0.0.1", 1, "elsewhere")
    router.point(elsewhere)
    with pytest.raises(NotReady, match=r"leads to .*elsewhere, not to blue"):
        cut_over(link.ctx)
    assert router.where() == elsewhere
    router.close()


def test_once_it_is_decided_clients_are_led_on_as_soon_as_that_can_be_done(
    link: Link, at: Callable[[str, Callable[[], None]], None]
) -> None:
    """After the decision there is no way but forward: it is tried until it works, by the watchdog in the end."""
    config = link.pooler.config
    kept = config.read_text()
    at("bg.cutover.paused", lambda: _write(config, kept.replace(f"{link.dbname} = ", "another = ")))
    with Clients(link, count=2) as clients:
        with pytest.raises(RouterFailed, match="no entry"):
            cut_over(link.ctx)
        assert (link.writable("blue"), link.writable("green")) == (False, True)
        _write(config, kept)
        clients.await_commits(20, seconds=20)
    assert link.leads_to() == "green"
    assert clients.failed == []
    clients.check(link, "green")
    assert cut_over(link.ctx)["already"]


def test_what_was_not_decided_is_taken_back_as_soon_as_that_can_be_done(
    link: Link, at: Callable[[str, Callable[[], None]], None]
) -> None:
    """Blue was open all the while; who is held must not stay so because the router could not be told at once."""
    config = link.pooler.config
    kept = config.read_text()

    def away() -> None:
        _write(config, kept.replace(f"{link.dbname} = ", "another = "))
        threading.Timer(1.0, lambda: _write(config, kept)).start()
        raise RuntimeError("here")

    at("bg.cutover.paused", away)
    with Clients(link, count=2) as clients:
        with pytest.raises(RuntimeError):
            cut_over(link.ctx)
        clients.await_commits(20, seconds=20)
    assert link.leads_to() == "blue"
    assert clients.failed == []
    clients.check(link, "blue")


def _write(file: Path, text: str) -> None:
    file.write_text(text)
