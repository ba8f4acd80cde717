"""The smallest thing that keeps ``shadow.t`` following ``live.t``: triggers log touched keys, a drain rewrites them."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from cutover.connections import ConnectionInfo
from cutover.postgres.connect import connect
from support.rowdiffing import run

LOG = "CREATE TABLE shadow.log (n bigserial, k1 int, op char(1) NOT NULL)"
TOUCH = """
CREATE FUNCTION shadow.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO shadow.log (op) VALUES ('t');
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN INSERT INTO shadow.log (k1, op) VALUES (OLD.id, 'd'); END IF;
    IF TG_OP <> 'DELETE' THEN INSERT INTO shadow.log (k1, op) VALUES (NEW.id, 'i'); END IF;
    RETURN NULL;
END $$
"""
ROWS = "CREATE TRIGGER r AFTER INSERT OR UPDATE OR DELETE ON live.t FOR EACH ROW EXECUTE FUNCTION shadow.touch()"
TRUNCATE = "CREATE TRIGGER t AFTER TRUNCATE ON live.t FOR EACH STATEMENT EXECUTE FUNCTION shadow.touch()"
TAKEN = "id IN (SELECT k1 FROM taken) OR EXISTS (SELECT FROM taken WHERE op = 't')"
DRAIN = (
    "CREATE TEMP TABLE taken ON COMMIT DROP AS WITH gone AS (DELETE FROM shadow.log RETURNING k1, op) TABLE gone",
    f"DELETE FROM shadow.t WHERE {TAKEN}",
    f"INSERT INTO shadow.t SELECT * FROM live.t WHERE {TAKEN}",
)


def follow(info: ConnectionInfo) -> None:
    """Put the capture on ``live.t``, whose key is ``id int``."""
    run(info, LOG, TOUCH, ROWS, TRUNCATE)


def drain_within(db: psycopg.Connection[Any]) -> None:
    """Take what the transaction's snapshot has in the log and bring the shadow up to that snapshot."""
    for statement in DRAIN:
        db.execute(statement)  # type: ignore[call-overload]


def drain(info: ConnectionInfo) -> None:
    """Drain the log in a transaction of its own."""
    with connect(info) as db:
        db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with db.transaction():
            drain_within(db)


WRITES = (
    "INSERT INTO live.t VALUES ({k}, 'new', {v}) ON CONFLICT (id) DO UPDATE SET n = EXCLUDED.n, v = NULL",
    "UPDATE live.t SET v = {v}, n = NULL WHERE id = {k}",
    "UPDATE live.t SET id = {other} WHERE id = {k}",
    "DELETE FROM live.t WHERE id = {k}",
    "DELETE FROM live.t WHERE id = {k}; INSERT INTO live.t VALUES ({k}, 'again', {v}) ON CONFLICT DO NOTHING",
    "UPDATE live.t SET n = {v} WHERE id BETWEEN {k} AND {k} + 200",
)


@contextmanager
def writers(info: ConnectionInfo, keys: int, *, hot: int | None = None, threads: int = 2) -> Iterator[list[int]]:
    """Write to ``live.t`` all the time; yields a list that grows by one entry per committed write.

    :param hot: a key that one more writer updates without a pause.
    """
    stop, written = threading.Event(), []

    def write(seed: int) -> None:
        dice = random.Random(seed)
        with connect(info) as db:
            while not stop.is_set():
                values = {"k": dice.randrange(keys), "other": dice.randrange(keys), "v": dice.random()}
                try:
                    db.execute(dice.choice(WRITES).format(**values))  # type: ignore[call-overload]
                except (psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected):
                    continue
                written.append(seed)

    def heat() -> None:
        with connect(info) as db:
            while not stop.is_set():
                db.execute(f"UPDATE live.t SET v = v + 1 WHERE id = {hot}")  # type: ignore[call-overload]
                written.append(-1)

    pool = [threading.Thread(target=write, args=(seed,)) for seed in range(threads)]
    pool += [threading.Thread(target=heat)] if hot is not None else []
    for thread in pool:
        thread.start()
    try:
        yield written
    finally:
        stop.set()
        for thread in pool:
            thread.join(30)
