"""The spec's JSON schema, for editors: completion, descriptions and red lines while one writes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from cutover.spec.durations import format_duration
from cutover.spec.models import Migration

_STRATEGIES: list[dict[str, Any]] = [
    {
        "if": {"properties": {"strategy": {"const": "online"}}, "required": ["strategy"]},
        "then": {
            "required": ["tables"],
            "properties": {"tables": {"minItems": 1}, "target": {"type": "null"}, "router": {"type": "null"}},
        },
    },
    {
        "if": {"properties": {"strategy": {"const": "blue_green"}}, "required": ["strategy"]},
        "then": {"required": ["target"]},
    },
]


class _Generator(GenerateJsonSchema):
    """Writes default durations as people do."""

    def encode_default(self, dft: Any) -> Any:
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
