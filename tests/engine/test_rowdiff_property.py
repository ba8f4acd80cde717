"""Random tables, random rows, random mutations: the diff names exactly the mutated keys and columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutover.connections import ConnectionInfo
from cutover.postgres.connect import connect
from localstack.cluster import Cluster
from support.rowdiffing import diff, named, run, twin_tables

# type -> literals; any two of one list can be told apart by a reader.
TEXTS = [
    "NULL",
    "''",
    "' '",
    "'null'",
    "'<null>'",
    "'a|b'",
    "'a'",
    "'A'",
    "'b|c'",
    "',('",
    "'\"'",
    "'\\'",
    "'é'",
    "E'\\n'",
]
VALUES = {
    "text": TEXTS,
    "varchar": TEXTS,
    "int": ["NULL", "0", "1", "-1", "2147483647"],
    "numeric": ["NULL", "0", "1", "1.0", "1.25", "1.3", "'NaN'", "1e40"],
    "float8": ["NULL", "'0'", "'-0'", "0.3", "0.1::float8 + 0.2", "'NaN'", "'Infinity'"],
    "timestamptz": ["NULL", "'2024-01-01 00:00+00'", "'2024-01-01 00:00:00.000001+00'", "'infinity'", "'-infinity'"],
    "interval": ["NULL", "'1 mon'", "'30 days'", "'720 hours'"],
    "bool": ["NULL", "true", "false"],
    "bytea": ["NULL", "''", "'\\x00'", "'\\x0000'", "'\\x5c78'"],
    "jsonb": ["NULL", "'null'", "'1'", "'1.0'", "'\"\"'", "'{}'", "'{\"a\": null}'"],
    "json": ["NULL", "'null'", "'{}'", "'{ }'", '\'{"a":1,"a":1}\''],
    "text[]": ["NULL", "'{}'", "'{NULL}'", "'{\"NULL\"}'", "'{\"\"}'", "'{a,b}'", "'{\"a,b\"}'", "'{{a},{b}}'"],
    "numrange": ["NULL", "'empty'", "'[1,2]'", "'[1,2)'", "'[1.0,2]'", "'(,)'"],
}
KEYS = {
    "int": [str(n) for n in range(-5, 40)],
    "text": ["''", *(f"'{c}'" for c in 'aAbBzZ_-é0 9|,"\\(){}%'), "'ab'", "'a b'", "'null'"],
    "numeric": [f"{n}.{d}" for n in range(-3, 8) for d in (0, 25, 5)],
    "timestamptz": [f"'2024-10-27 00:{n:02}:00.00000{n % 7}+00'" for n in range(40)] + ["'infinity'"],
    "uuid": [f"'{n:08x}-0000-0000-0000-000000000000'" for n in range(40)],
}
Row = tuple[str, ...]


@dataclass(slots=True)
class Case:
    """Two tables' rows as literals, by key; and what differs."""

    key_types: list[str]
    types: list[str]
    live: dict[Row, Row]
    shadow: dict[Row, Row] = field(default_factory=dict)
    expected: dict[Row, tuple[str, tuple[int, ...]]] = field(default_factory=dict)


@st.composite
def cases(draw: Any) -> Case:
    key_types = draw(st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=3))
    types = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=6))
    keys = st.tuples(*(st.sampled_from(KEYS[kind]) for kind in key_types))
    rows = st.tuples(*(st.sampled_from(VALUES[kind]) for kind in types))
    case = Case(key_types, types, draw(st.dictionaries(keys, rows, max_size=30)))
    case.shadow = dict(case.live)
    for key in draw(st.lists(st.sampled_from(sorted(case.live)), unique=True)) if case.live else []:
        mutate(draw, case, key)
    for key, row in draw(st.dictionaries(keys, rows, max_size=4)).items():
        if key not in case.live:
            case.shadow[key] = row
            case.expected[key] = ("missing_left", ())
    return case


def mutate(draw: Any, case: Case, key: Row) -> None:
    if draw(st.integers(0, 3)) == 0:
        del case.shadow[key]
        case.expected[key] = ("missing_right", ())
        return
    row = list(case.live[key])
    changed = sorted(draw(st.sets(st.sampled_from(range(len(row))), min_size=1)))
    for n in changed:
        row[n] = draw(st.sampled_from([value for value in VALUES[case.types[n]] if value != row[n]]))
    case.shadow[key] = tuple(row)
    case.expected[key] = ("changed", tuple(changed))


@pytest.fixture(scope="module", params=["pg16", "pg18"])
def info(request: pytest.FixtureRequest) -> Iterator[ConnectionInfo]:
    server: Cluster = request.getfixturevalue(request.param)
    info = server.create_database("diff_property")
    yield info
    server.drop_database("diff_property")


def fill(info: ConnectionInfo, case: Case) -> None:
    keys = [f"k_{n} {kind}" for n, kind in enumerate(case.key_types)]
    primary = ", ".join(f"k_{n}" for n in range(len(keys)))
    columns = [f"c{n} {kind}" for n, kind in enumerate(case.types)]
    run(info, "DROP SCHEMA IF EXISTS live, shadow CASCADE")
    twin_tables(info, ", ".join([*keys, *columns, f"PRIMARY KEY ({primary})"]))
    for schema, rows in (("live", case.live), ("shadow", case.shadow)):
        if rows:
            values = ", ".join(f"({', '.join([*key, *row])})" for key, row in rows.items())
            run(info, f"INSERT INTO {schema}.t VALUES {values}")


def key_texts(info: ConnectionInfo, case: Case) -> dict[Row, Row]:
    """Return the text form that the server gives each key literal."""
    if not case.expected:
        return {}
    with connect(info) as db:
        found = {}
        for key in case.expected:
            casts = ", ".join(f"({text}::{kind})::text" for text, kind in zip(key, case.key_types, strict=True))
            row = db.execute(f"SELECT {casts}").fetchone()  # type: ignore[call-overload]
            assert row is not None
            found[key] = tuple(row)
        return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases(), chunk_rows=st.sampled_from([1, 2, 5, 1000]), workers=st.integers(1, 3))
def test_exactly_what_was_mutated_is_found(info: ConnectionInfo, case: Case, chunk_rows: int, workers: int) -> None:
    fill(info, case)
    texts = key_texts(info, case)
    result = diff(info, key=[f"k_{n}" for n in range(len(case.key_types))], chunk_rows=chunk_rows, workers=workers)
    wanted = {texts[key]: (kind, tuple(f"c{n}" for n in cs)) for key, (kind, cs) in case.expected.items()}
    assert named(result) == wanted
    kinds = [kind for kind, _ in wanted.values()]
    assert result.changed == kinds.count("changed")
    assert result.missing_left == kinds.count("missing_left")
    assert result.missing_right == kinds.count("missing_right")
    assert (result.rows_left, result.rows_right) == (len(case.live), len(case.shadow))
    assert result.columns == {
        f"c{n}": count for n in range(len(case.types)) if (count := sum(f"c{n}" in cs for _, cs in wanted.values()))
    }
