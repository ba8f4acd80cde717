"""Every way to write is captured: also cascades, COPY, MERGE, replicas, key changes, rows that triggers write again."""

from __future__ import annotations

import psycopg
import pytest

from cutover.postgres import online
from support.online_world import World, forward

TABLES = """
CREATE TABLE parents (id integer PRIMARY KEY);
INSERT INTO parents SELECT generate_series(1, 20);
CREATE TABLE items (
    id integer PRIMARY KEY, parent integer REFERENCES parents ON DELETE CASCADE ON UPDATE CASCADE,
    other integer REFERENCES parents ON DELETE SET NULL ON UPDATE CASCADE, v text, big text);
ALTER TABLE items ALTER COLUMN big SET STORAGE EXTERNAL;
INSERT INTO items
SELECT k, 1 + k % 20, 1 + k % 7, 'v' || k, repeat(md5(k::text), 200) FROM generate_series(1, 2000) AS k;
CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN UPDATE items SET v = 'from a trigger' WHERE id = new.id; RETURN NULL; END $$;
CREATE TRIGGER again AFTER UPDATE OF v ON items FOR EACH ROW WHEN (new.v = 'again') EXECUTE FUNCTION again();
"""
WRITES = [
    "INSERT INTO items VALUES (5000, 1, 2, 'new')",
    "UPDATE items SET v = NULL WHERE id < 10",
    "UPDATE items SET v = 'x' WHERE id = 20",
    "UPDATE items SET id = id + 10000 WHERE id BETWEEN 30 AND 40",
    "DELETE FROM items WHERE id = 50; INSERT INTO items VALUES (50, 3, 3, 'back')",
    "INSERT INTO items VALUES (60, 1, 1, 'up') ON CONFLICT (id) DO UPDATE SET v = 'upserted'",
    "INSERT INTO items VALUES (6000, 1, 1, 'up') ON CONFLICT (id) DO NOTHING",
    "DELETE FROM parents WHERE id = 5",
    "UPDATE parents SET id = 105 WHERE id = 6",
    "UPDATE items SET v = 'again' WHERE id = 70",
    "UPDATE items SET v = v || '!'",
    "WITH gone AS (DELETE FROM items WHERE id = 80 RETURNING *)"
    " INSERT INTO items SELECT id + 20000, parent, other, v FROM gone",
    "MERGE INTO items i USING (VALUES (90), (7000)) AS s (k) ON i.id = s.k WHEN MATCHED THEN DELETE"
    " WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.k, 'merged')",
    "SET session_replication_role = replica; UPDATE items SET v = 'as replica' WHERE id = 100",
    "BEGIN; UPDATE items SET v = 'rolled back' WHERE id = 110; ROLLBACK",
    "BEGIN; SAVEPOINT a; UPDATE items SET v = 'no'; ROLLBACK TO a; UPDATE items SET v = 'yes' WHERE id = 120; COMMIT",
    "WITH none AS (DELETE FROM items WHERE parent = 9) DELETE FROM parents WHERE id = 9",
    "TRUNCATE items; INSERT INTO items VALUES (1, 1, 1, 'after')",
]


@pytest.mark.parametrize("where", ["original", "shadow"])
def test_every_way_to_write(world: World, where: str) -> None:
    world.sql(TABLES)
    alter = "ALTER TABLE items ALTER COLUMN id TYPE bigint"
    ctx = world.begin(world.spec([{"name": "public.items", "alter": "alter.sql"}], {"alter.sql": alter}))
    forward(ctx)
    if where == "shadow":
        online.swap(ctx)
        online.settle(ctx)
    for number, text in enumerate(WRITES):
        world.sql(text)
        with world.connect() as db, db.cursor().copy("COPY items (id, v) FROM STDIN") as copy:
            copy.write_row((90_000 + number, "copied"))
        online.keep_in_step(ctx)
        diff = next(check for check in online.verify(ctx) if check["code"] == "ROW_DIFF")
        assert diff["ok"], (text, diff["summary"])
    assert online.roll_back(ctx)["differences"] == []


def test_a_statement_of_many_rows_writes_one_note_a_row(world: World) -> None:
    world.sql(TABLES)
    ctx = world.begin(world.spec([{"name": "public.items"}], {}))
    online.build(ctx)
    world.sql("INSERT INTO items (id) SELECT generate_series(10001, 110000)")
    assert online.status(ctx)["tables"][0]["pending"] == 100_000


def test_the_application_needs_no_rights_on_what_capture_writes(world: World) -> None:
    world.sql("CREATE TABLE items (id integer PRIMARY KEY)")
    world.sql("DO $$ BEGIN CREATE ROLE world_poor LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    world.sql("GRANT INSERT ON items TO world_poor")
    ctx = world.begin(world.spec([{"name": "public.items"}], {}))
    online.build(ctx)
    with world.connect() as db:
        db.execute("SET ROLE world_poor")
        db.execute("INSERT INTO items VALUES (1)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute("SELECT * FROM cutover.online_run")
    assert online.status(ctx)["tables"][0]["pending"] == 1
