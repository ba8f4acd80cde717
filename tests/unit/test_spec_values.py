"""Durations and names: what is read is what was written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from cutover.spec.durations import format_duration, parse_duration
from cutover.spec.names import check_identifier, check_migration, check_table, split_table
from cutover.spec.sizes import UNITS, Bytes, format_size, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("5s", 5),
        ("0s", 0),
        ("1.5s", 1.5),
        ("10m", 600),
        ("48h", 172_800),
        ("2d", 172_800),
        ("1h30m", 5400),
        (0, 0),
    ],
)
def test_durations(text: str | int, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        5,
        1.5,
        True,
        None,
        [],
        "s",
        "-5s",
        "5 s",
        "5sec",
        "5S",
        "1e3s",
        "inf",
        "99999999999999999d",
        "5s;",
        "\u0665s",
        "4000d",
    ],
)
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match=r"unit|negative|no duration|ten years"):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3650)))
def test_durations_come_back_as_they_went(value: timedelta) -> None:
    whole = timedelta(milliseconds=value // timedelta(milliseconds=1))
    assert parse_duration(format_duration(whole)) == whole


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500MB", 500 * 2**20),
        ("20GB", 20 * 2**30),
        ("1.5GB", 3 * 2**29),
        ("1kB", 1024),
        ("1KB", 1024),
        (" 2tb ", 2**41),
    ],
)
def test_sizes_are_those_of_the_server(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "5", 5, 1.5, True, None, [], "GB", "-1GB", "5 GB", "1GiB", "1e3GB", "2000TB"])
def test_what_is_no_size(text: object) -> None:
    with pytest.raises(ValueError, match=r"unit|no size|more than"):
        parse_size(text)


@given(st.integers(min_value=0, max_value=2**40))
def test_sizes_come_back_as_they_went(value: int) -> None:
    whole = Bytes(value * UNITS["kB"])
    assert parse_size(format_size(whole)) == whole


@given(st.text(max_size=70))
def test_a_name_is_taken_as_it_is_or_refused(text: str) -> None:
    try:
        assert check_identifier(text) == text
    except PydanticCustomError:
        return
    assert 0 < len(text.encode()) <= 63
    assert not set(text) & set("\"'`\\%\x00\n\t")
    assert text == text.strip()


@given(st.text(alphabet="ab.\"' ", max_size=12))
def test_a_table_name_has_at_most_two_safe_parts(text: str) -> None:
    try:
        check_table(text)
    except PydanticCustomError:
        return
    schema, table = split_table(text)
    assert schema
    assert table
    assert "." not in table
    assert text in (table, f"{schema}.{table}")


@pytest.mark.parametrize("name", ["a", "leads_v2", "x" * 48])
def test_names_of_migrations(name: str) -> None:
    assert check_migration(name) == name


@pytest.mark.parametrize("name", ["", "A", "1a", "_a", "a-b", "a.b", "a/b", "x" * 49, "a\n", "\u00e4"])
def test_names_of_no_migration(name: str) -> None:
    with pytest.raises(PydanticCustomError):
        check_migration(name)
