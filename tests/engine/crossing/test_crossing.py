"""There: live changes sides under clients that never notice, and blue follows from then on."""

from __future__ import annotations

import psycopg
import pytest

from cutover.postgres.blue_green.crossing import NotCrossed
from cutover.postgres.blue_green.steps.cut_over import SchemaChanged, cut_over
from cutover.postgres.blue_green.steps.status import status
from cutover.postgres.blue_green.steps.watch import keep_in_step, watch
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
