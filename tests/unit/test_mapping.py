"""How columns travel, and what is refused because it could not travel back."""

from __future__ import annotations

import pytest

from cutover.postgres.online.mapping import Column, MappingError, Origin, Pair, forward, reverse


def column(attnum: int, name: str, kind: str = "text", **more: object) -> Column:
    given = {"not_null": False, "identity": "", "generated": "", "default": None, **more}
    return Column(attnum, name, kind, kind, **given)  # type: ignore[arg-type]


OLD = [column(1, "id", "integer", not_null=True), column(2, "note"), column(3, "flag", "boolean", not_null=True)]
ORIGIN = Origin({1: "id", 2: "note", 3: "flag"})


def test_same_type_other_type_and_renamed() -> None:
    new = [column(1, "id", "bigint", not_null=True), column(2, "remark"), OLD[2]]
    there = forward(OLD, new, ORIGIN, {})
    assert there == [
        Pair("id", "bigint", "cast", "id", "integer"),
        Pair("remark", "text", "copy", "note", "text"),
        Pair("flag", "boolean", "copy", "flag", "boolean"),
    ]
    assert [(pair.column, pair.kind, pair.source) for pair in reverse(OLD, new, ORIGIN, ({}, {}))] == [
        ("id", "cast", "id"),
        ("note", "copy", "remark"),
        ("flag", "copy", "flag"),
    ]


def test_a_column_dropped_and_added_again_is_found_by_its_name() -> None:
    new = [OLD[0], OLD[2], column(4, "note", "varchar(10)")]
    assert forward(OLD, new, ORIGIN, {})[2].source == "note"


def test_a_new_column_fills_itself_or_needs_an_expression() -> None:
    extra = column(4, "extra", not_null=True, default="'x'")
    assert forward(OLD, [*OLD, extra], ORIGIN, {})[3].kind == "default"
    with pytest.raises(MappingError, match="'extra' is NOT NULL"):
        forward(OLD, [*OLD, column(4, "extra", not_null=True)], ORIGIN, {})


def test_a_generated_column_is_left_to_itself() -> None:
    assert len(forward(OLD, [*OLD, column(4, "size", generated="s")], ORIGIN, {})) == 3
    with pytest.raises(MappingError, match="generated"):
        forward(OLD, [*OLD, column(4, "size", generated="s")], ORIGIN, {"size": "1"})


@pytest.mark.parametrize(
    ("new", "columns", "says"),
    [
        ([OLD[0], OLD[1]], {}, "'flag' is dropped, but NOT NULL without default"),
        ([OLD[0], column(2, "note"), OLD[2]], {"note": "upper(note)"}, "'note' is computed .* no way back"),
        (OLD, {"nope": "1"}, "no column 'nope'"),
    ],
)
def test_what_has_no_way_back_is_refused(new: list[Column], columns: dict[str, str], says: str) -> None:
    with pytest.raises(MappingError, match=says):
        forward(OLD, new, ORIGIN, columns)
        reverse(OLD, new, ORIGIN, (columns, {}))


def test_a_dropped_column_keeps_its_values_or_is_given_back() -> None:
    kept = reverse(OLD, [OLD[0], OLD[2]], ORIGIN, ({}, {}))
    assert (kept[1].kind, kept[1].filled) == ("keep", False)
    given = reverse(OLD, [OLD[0], OLD[2]], ORIGIN, ({}, {"note": "'n/a'"}))
    assert (given[1].kind, given[1].source) == ("expression", "'n/a'")
