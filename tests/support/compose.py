"""docker-compose.yaml as docker compose would see it: merged, and with its variables filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yaml"
# $$ is a dollar; ${NAME:?why} must be set and not empty; ${NAME:-other} falls back; anything else is a mistake here.
VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Z0-9_]+)(?P<how>:\?|:-)(?P<rest>[^}]*)\})")


class MissingVariable(Exception):
    """A variable with ``:?`` is not set."""


def raw() -> dict[str, Any]:
    """Return the file with anchors and merges resolved, variables not."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return loaded


def variables() -> dict[str, str]:
    """Return every variable of the file -> ``:?`` or ``:-``."""
    return {found["name"]: found["how"] for found in VARIABLE.finditer(FILE.read_text()) if found["name"]}


def example() -> dict[str, str]:
    """Return what ``.env.example`` sets, an optional (commented) one too."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    found = (re.fullmatch(r"#?([A-Z0-9_]+)=(.*)", line) for line in lines)
    return {pair[1]: pair[2] for pair in found if pair}


def filled(values: Mapping[str, str]) -> dict[str, Any]:
    """Return the file with ``values`` for its variables.

    :raises MissingVariable: one that has no default is not among them.
    """

    def fill(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        value = values.get(found["name"], "")
        if not value and found["how"] == ":?":
            raise MissingVariable(f"{found['name']}: {found['rest']}")
        return value or (found["rest"] if found["how"] == ":-" else "")

    def walk(node: Any) -> Any:
        if isinstance(node, str):
            return VARIABLE.sub(fill, node)
        if isinstance(node, dict):
            return {key: walk(value) for key, value in node.items()}
        return [walk(value) for value in node] if isinstance(node, list) else node

    document: dict[str, Any] = walk(raw())
    return document
