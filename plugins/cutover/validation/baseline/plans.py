"""The shape of a plan: its nodes, joins and indexes, without costs, rows and times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# What makes two plans different ways to the same answer.
TELLING = ("Join Type", "Strategy", "Partial Mode", "Relation Name", "Index Name", "Scan Direction", "Subplan Name")


def shape(plan: Mapping[str, Any]) -> list[str]:
    """Return the plan as indented lines; equal lines mean an equal shape."""
    return list(_lines(plan, 0))


def relations(plan: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return (schema, table) of everything that the plan reads; needs ``EXPLAIN (VERBOSE)``."""
    return {(node.get("Schema", ""), node["Relation Name"]) for node in _nodes(plan) if "Relation Name" in node}


def _lines(node: Mapping[str, Any], depth: int) -> Iterator[str]:
    about = [str(node[key]) for key in TELLING if node.get(key) not in (None, "Forward")]
    yield "  " * depth + " ".join([str(node.get("Node Type")), *(f"[{one}]" for one in about)])
    for child in node.get("Plans", ()):
        yield from _lines(child, depth + 1)


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
