"""Specs in which tables change in place: what they say, and what they may not; and how ``alter`` is taken apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cutover.spec.errors import SpecError
from cutover.spec.expanding import Later, columns_of, over_new, read
from cutover.spec.expanding_rules import faults
from cutover.spec.export import json_schema
from cutover.spec.loader import load
from cutover.spec.models import Migration

PEOPLE: dict[str, Any] = {
    "name": "people",
    "alter": "people.sql",
    "columns": {"given": "split_part(name, ' ', 1)", "family": "split_part(name, ' ', 2)"},
    "reverse": {"name": "given || ' ' || family"},
    "old_table": "drop",
}
GOOD: dict[str, Any] = {
    "name": "people_v2",
    "title": "Names",
    "strategy": "dual_write",
    "owner": "o",
    "source": "shop",
    "tables": [PEOPLE, {"name": "shop.orders", "rename": "purchases"}],
}
ALTER = "ALTER TABLE people ADD COLUMN given text NOT NULL, ADD COLUMN family text"


def spec(folder: Path, alter: str = ALTER, **changes: Any) -> Migration:
    place = folder / "people_v2"
    place.mkdir()
    (place / "people.sql").write_text(alter)
    text = yaml.safe_dump({key: value for key, value in {**GOOD, **changes}.items() if value is not None})
    (place / "migration.yaml").write_text(text)
    return load(place)


def people(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**PEOPLE, **changes}.items() if value is not None}


def test_a_good_one_says_all_of_it(tmp_path: Path) -> None:
    made = spec(tmp_path)
    assert made.form == "columns" and made.tables[0].alter_sql == ALTER and made.tables[1].rename == "purchases"
    again = Migration.from_snapshot(json.loads(json.dumps(made.snapshot())))
    assert again.tables == made.tables and again.tables[0].alter_sql == ALTER and again.form == "columns"
    jsonschema.validate(GOOD, json_schema())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": {"up": "people.sql"}}, "tables change in place here, and schema is for new tables"),
        ({"tables": [people(reverse=None)]}, "without reverse nothing keeps old columns in step in the window of 48h"),
        ({"tables": [{"name": "people"}]}, "nothing of this table changes"),
        ({"tables": [people(rename="x")]}, "columns of a table that is renamed"),
        ({"tables": [{"name": "people", "rename": "people"}]}, "that is its name already"),
        (
            {"tables": [people(columns={"given": "name", "family": "given || 'x'"})]},
            "the expression looks at given, which is itself told under columns",
        ),
        (
            {"tables": [people(columns={"name": "name"}, reverse={"name": "name"})]},
            "name is told both from the old row and from the new one",
        ),
        ({"tables": [people(columns={"given": "now()::text"})]}, "now() gives another answer each time"),
        ({"router": "pool"}, "the dual_write strategy has no router"),
        ({"strategy": "online"}, "rename belongs to the dual_write strategy, in one database"),
        ({"reads": {"steps": [10, 5]}}, "the steps do not grow"),
    ],
)
def test_what_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as refused:
        spec(tmp_path, **changes)
    assert said in str(refused.value)


@pytest.mark.parametrize("more", [{"rollback": {"window": "0s"}}, {"left_out": {"people": "a new thing"}}])
def test_a_table_without_a_way_back_has_to_be_meant(tmp_path: Path, more: dict[str, Any]) -> None:
    assert spec(tmp_path, tables=[people(reverse=None)], **more).tables[0].reverse == {}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("", "the file has no statement"),
        ("ALTER TABLE people DROP COLUMN name", "ALTER TABLE (DropColumn): only ADD COLUMN"),
        ("ALTER TABLE public.people ADD COLUMN a int", "public.people is not this table, written without its schema"),
        ("ALTER TABLE others ADD COLUMN a int", "others is not this table"),
        ("ALTER TABLE people ADD COLUMN a serial", "the column a is serial"),
        ("ALTER TABLE people ADD COLUMN a int GENERATED ALWAYS AS (1) STORED", "the column a is GENERATED"),
        ("ALTER TABLE people ADD COLUMN a int GENERATED ALWAYS AS IDENTITY", "the column a is IDENTITY"),
        ("ALTER TABLE people ADD COLUMN a int REFERENCES x", "the column a has a constraint without a name"),
        ("ALTER TABLE people ADD CHECK (a > 0)", "a constraint has no name"),
        ("ALTER TABLE people ADD CONSTRAINT p PRIMARY KEY (a)", "only CHECK, FOREIGN KEY and UNIQUE can be added"),
        ("ALTER TABLE people ALTER COLUMN name SET NOT NULL", "SET NOT NULL of name, which is not added here"),
        ("CREATE INDEX ON people (a)", "the index has no name"),
        ("CREATE INDEX CONCURRENTLY i ON people (a)", "CONCURRENTLY is needless"),
        ("DROP TABLE people", "drop: only ADD COLUMN"),
        ("ALTER TABLE people ADD COLUM a int", "no valid SQL"),
    ],
)
def test_what_alter_may_not_say(sql: str, said: str) -> None:
    assert [said in fault.message for fault in faults(sql, "public.people")] == [True]


def test_alter_is_taken_apart() -> None:
    text = """
        ALTER TABLE people ADD COLUMN a text COLLATE "C" NOT NULL DEFAULT 'x', ADD COLUMN b numeric(9, 2),
            ADD CONSTRAINT ok CHECK (b > 0), ADD CONSTRAINT one UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b) DEFERRABLE,
            ADD CONSTRAINT whose FOREIGN KEY (b) REFERENCES shop.others (id) ON DELETE CASCADE;
        CREATE UNIQUE INDEX two ON people (lower(a) DESC) WHERE b > 1;
        ALTER TABLE people ALTER COLUMN b SET NOT NULL;
        COMMENT ON COLUMN people.b IS 'b';
    """
    assert faults(text, "people") == []
    found = read(text)
    assert found.columns == ["a", "b"]
    assert found.first == [
        "ALTER TABLE people ADD COLUMN a text DEFAULT 'x' COLLATE \"C\"",
        "ALTER TABLE people ADD COLUMN b numeric(9, 2)",
    ]
    assert found.later[1:] == [
        Later("constraint", "ok", "ALTER TABLE people ADD CONSTRAINT ok CHECK (b > 0) NOT VALID"),
        Later(
            "unique",
            "one",
            "CREATE UNIQUE INDEX CONCURRENTLY one ON people USING btree (a) INCLUDE (b) NULLS NOT DISTINCT",
            "ALTER TABLE people ADD CONSTRAINT one UNIQUE USING INDEX one DEFERRABLE",
        ),
        Later(
            "constraint",
            "whose",
            "ALTER TABLE people ADD CONSTRAINT whose FOREIGN KEY (b) REFERENCES shop.others (id) ON DELETE CASCADE"
            " NOT VALID",
        ),
        Later("index", "two", "CREATE UNIQUE INDEX CONCURRENTLY two ON people USING btree (lower(a) DESC) WHERE b > 1"),
        Later("not_null", "b", "ALTER TABLE people ALTER COLUMN b SET NOT NULL"),
        Later("other", "COMMENT ON COLUMN people.b IS 'b'", "COMMENT ON COLUMN people.b IS 'b'"),
    ]
    assert (found.later[0].kind, found.later[0].name) == ("not_null", "a")
    assert len(found.trial) == 7 and not any("FOREIGN" in each or "CONCURRENTLY" in each for each in found.trial)


def test_an_expression_is_written_over_the_new_row() -> None:
    text = """CASE WHEN "Odd name" IS NULL THEN 'a "b" c' ELSE lower(x::text) || y[1] END -- so"""
    assert over_new(text) == (
        """CASE WHEN new."Odd name" IS NULL THEN 'a "b" c' ELSE lower(new.x::text) || new.y[1] END"""
    )
    assert columns_of(text) == {"Odd name", "x", "y"}
