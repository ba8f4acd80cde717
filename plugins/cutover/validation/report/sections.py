"""The parts of the page: checks, row differences, figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cutover.journal.check import Check
from cutover.postgres.rowdiff import Difference, RowDiff
from cutover.validation.report.markup import Html, join, table, tag, value

MARKS = {"error": ("bad", "✗ failed"), "warning": ("warn", "! warning"), "info": ("info", "i hint")}


def check_table(checks: Sequence[Check], label: str) -> Html:
    """Return the checks as a table; the verdict is a word, never a colour alone."""
    rows = [(_mark(c), c.name, c.object or "", c.summary, tag("code", c.code)) for c in checks]
    return table(("Verdict", "Check", "Object", "What was found", "Code"), rows, label=label)


def _mark(check: Check) -> Html:
    class_, word = ("good", "✓ passed") if check.ok else MARKS[check.severity]
    return tag("span", word, class_=f"mark {class_}")


def diff_section(name: str, diff: RowDiff, sides: tuple[str, str]) -> Html:
    """Return one table's row diff: totals, columns, and the rows that are listed with both values."""
    left, right = sides
    totals = [
        (f"Rows on the {left} side", diff.rows_left),
        (f"Rows on the {right} side", diff.rows_right),
        ("Changed", diff.changed),
        (f"Missing on the {right} side", diff.missing_right),
        (f"Only on the {right} side", diff.missing_left),
        ("Undecided (written at every look)", diff.undecided),
    ]
    parts = [
        tag("h2", "Row diff of ", name),
        table(("Rows", "Count"), ((what, f"{count:,}") for what, count in totals), label=f"Totals of {name}"),
    ]
    if diff.columns:
        counts = sorted(diff.columns.items(), key=lambda item: (-item[1], item[0]))
        rows = [(value(column), f"{count:,}") for column, count in counts]
        parts.append(table(("Column", "Rows that differ in it"), rows, label=f"Columns of {name} that differ"))
    if diff.differences:
        label = f"{len(diff.differences):,} of {diff.total:,} differing rows of {name}"
        listed = [row for one in diff.differences for row in _rows(one, sides)]
        parts.append(table(("Key", "What", "Column", left, right), listed, label=label))
    return tag("section", *parts)


def _rows(one: Difference, sides: tuple[str, str]) -> list[tuple[Any, ...]]:
    key = join(join([name, " = ", value(text), " "]) for name, text in one.key.items())
    what = {"missing_right": f"missing on the {sides[1]} side", "missing_left": f"only on the {sides[1]} side"}
    if one.kind in what:
        return [(key, what[one.kind], "", "", "")]
    return [(key, "changed", value(c.name), value(c.left), value(c.right)) for c in one.columns]


def figures_section(checks: Sequence[Check]) -> list[Html]:
    """Return the figures behind each check, folded away."""
    folded = []
    for check in checks:
        if check.figures:
            title = f"{check.name}: {check.object}" if check.object else check.name
            folded.append(tag("details", tag("summary", title), _figures(check.figures)))
    return [tag("h2", "Figures"), *folded] if folded else []


def _figures(figures: Mapping[str, Any]) -> Html:
    return tag("dl", *(join([tag("dt", key), tag("dd", _figure(item))]) for key, item in figures.items()))


def _figure(item: Any) -> Html:
    if isinstance(item, list) and item and all(isinstance(one, Mapping) for one in item):
        head = list(dict.fromkeys(key for one in item for key in one))
        return table(head, ([_plain(one.get(key)) for key in head] for one in item), label=f"{len(item)} entries")
    return _plain(item)


def _plain(item: Any) -> Html:
    return join([f"{item:,}"]) if isinstance(item, (int, float)) and not isinstance(item, bool) else value(item)
