"""Read YAML with the line of every key, by the rules that people expect.

YAML 1.1 takes ``off`` for false, ``1:30`` for 90 and ``2026-12-01`` for a date; here only ``true`` and ``false``
are truth values, and what looks like a time stays text until the model reads it. Duplicate keys, aliases and
tags are refused: the first hide mistakes, and a spec needs none of the others.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BOM = "\ufeff"
_MAX_DEPTH = 20


class _Loader(_Base):
    """Knows null, true/false, integers and floats; all else is text."""

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("bool", r"^(?:true|false)$", list("tf")),
    ("int", r"^[-+]?[0-9][0-9_]*$", list("-+0123456789")),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


@dataclass(slots=True)
class YamlFault(Exception):
    """What is wrong with the text itself."""

    message: str
    line: int | None = None
    path: Path = ()
    fix: str | None = None


@dataclass(slots=True)
class Document:
    """Plain data, and the line (from 1) of every key and list item by its path."""

    data: Any
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[YamlFault] = field(default_factory=list)

    def line(self, path: Path) -> int | None:
        """Return the line of ``path``, or of the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


def read(text: str) -> Document:
    """Parse one YAML document.

    :raises YamlFault: it is no YAML at all. What can be named one by one is in ``faults`` instead.
    """
    text = text.removeprefix(_BOM)
    loader = _Loader(text)
    try:
        _refuse_depth(text)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlFault(f"no valid YAML: {error.problem or error.context}", mark.line + 1 if mark else None) from None
    except (yaml.YAMLError, ValueError) as error:
        raise YamlFault(f"no valid YAML: {str(error).splitlines()[0]}") from None
    finally:
        loader.dispose()
    document = Document(None)
    if root is not None:
        document.lines[()] = root.start_mark.line + 1
        document.data = _Builder(document).build(root, ())
    return document


def _refuse_depth(text: str) -> None:
    # The composer calls itself for each level, in C: a million of brackets would end the process.
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else None
                raise YamlFault(f"nested deeper than {_MAX_DEPTH} levels", line)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Builder:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.seen: set[int] = set()

    def build(self, node: Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self.document.lines.setdefault(path, line)
        if not node.tag.startswith("tag:yaml.org,2002:"):
            return self._fault(f"the tag {node.tag!r} is not supported", line, path, "write plain values")
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if id(node) in self.seen:
            return self._fault("an alias (*name) is not supported", line, path, "write the value out")
        self.seen.add(id(node))
        if isinstance(node, SequenceNode):
            return [self.build(item, (*path, position)) for position, item in enumerate(node.value)]
        assert isinstance(node, MappingNode)
        return self._mapping(node, path)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self._fault("a key must be text", line, path)
                continue
            key, here = str(key_node.value), (*path, str(key_node.value))
            if key in result:
                first = self.document.lines[here]
                self._fault(f"the key {key!r} is there twice, first in line {first}", line, here, "keep one of them")
                continue
            self.document.lines[here] = line
            result[key] = self.build(value_node, here)
        return result

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        kind, value = node.tag.rpartition(":")[2], node.value
        try:
            if kind == "int":
                return int(value.replace("_", ""))
            if kind == "float":
                number = float(value)
                return number if math.isfinite(number) else value
        except ValueError:
            return value
        if kind == "null":
            return None
        if kind == "bool":
            return value == "true"
        if kind == "str":
            return value
        return self._fault(f"the tag !!{kind} is not supported", node.start_mark.line + 1, path, "write plain values")

    def _fault(self, message: str, line: int, path: Path, fix: str | None = None) -> None:
        self.document.faults.append(YamlFault(message, line, path, fix))
