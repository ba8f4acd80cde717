"""The spec's JSON schema, for editors: completion, descriptions and red lines while one writes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from cutover.spec.dual_rules import KEYS
from cutover.spec.durations import format_duration
from cutover.spec.models import Migration
from cutover.spec.sizes import Bytes, format_size

# Tables that are replicated as they are.
_PLAIN_TABLES = {"items": {"properties": {"alter": {"type": "null"}, "key": {"type": "null"}, "old_table": False}}}
_IN_PLACE = {"properties": {"tables": {"minItems": 1}}, "required": ["tables"]}
_TWO_DATABASES = {"properties": {"target": {"type": "string"}}, "required": ["target"]}
_STRATEGIES: list[dict[str, Any]] = [
    {
        "if": {"properties": {"strategy": {"const": "online"}}, "required": ["strategy"]},
        "then": {
            "required": ["tables"],
            "properties": {
                "tables": {"minItems": 1, "items": {"properties": {"without_key": {"type": "null"}}}},
                "target": {"type": "null"},
                "router": {"type": "null"},
                "replication": False,
                "rollback": {"properties": {"old_database": False, "archive": False}},
            },
        },
    },
    {
        "if": {"properties": {"strategy": {"const": "dual_write"}}, "required": ["strategy"]},
        "then": {
            "properties": {"router": {"type": "null"}, "hooks": {"maxItems": 0}},
            "if": _TWO_DATABASES,
            "then": {
                "required": ["flags"],
                "properties": {
                    "shapes": {"maxItems": 0},
                    "back": {"maxItems": 0},
                    "left_out": {"maxProperties": 0},
                    "writer": {"const": "triggers"},
                    "flags": {"required": ["store"], "properties": {"store": {"type": "string"}}},
                    "tables": _PLAIN_TABLES,
                    "replication": {"properties": {"both_ways": {"const": False}}},
                },
            },
            "else": {
                "properties": {
                    "replication": False,
                    "rollback": {"properties": {"old_database": False, "archive": False}},
                },
                "if": _IN_PLACE,
                "then": {
                    "properties": {
                        "schema": False,
                        "shapes": {"maxItems": 0},
                        "back": {"maxItems": 0},
                        "tables": {"items": {"properties": {"without_key": {"type": "null"}}}},
                    },
                },
                "else": {
                    "required": ["schema", "shapes"],
                    "properties": {"schema": {"required": ["up", "down"]}, "shapes": {"minItems": 1}},
                },
            },
        },
        "else": {"properties": dict.fromkeys(KEYS, False)},
    },
    {
        "if": {"properties": {"strategy": {"const": "blue_green"}}, "required": ["strategy"]},
        "then": {
            "required": ["target", "router"],
            "properties": {
                "target": {"type": "string"},
                "router": {"type": "string"},
                "tables": _PLAIN_TABLES,
            },
        },
    },
]


class _Generator(GenerateJsonSchema):
    """Writes default durations and sizes as people do."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, Bytes):
            return format_size(dft)
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def json_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of ``migration.yaml``."""
    schema = Migration.model_json_schema(by_alias=True, schema_generator=_Generator)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A migration of Cutover",
        "description": "What shall change. See docs/spec.md.",
        "allOf": _STRATEGIES,
    }


def schema_text() -> str:
    """Return the schema as the file ``include/migrations/schema.json`` holds it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
