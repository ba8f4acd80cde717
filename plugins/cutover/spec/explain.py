"""Say what pydantic found in words that help: the key, what is wrong, what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from cutover.spec.models import Migration

Path = tuple[str | int, ...]
_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "path_type": "the name of a .sql file",
}
# What is written there by mistake may be a URL with a password.
_HIDDEN = frozenset({"source", "target", "router", "archive", "store", "connection", "url"})


def explained(error: ValidationError, data: Any) -> Iterator[tuple[Path, str, str | None]]:
    """Yield ``(path, message, fix)`` for everything that pydantic found in ``data``."""
    for found in error.errors(include_url=False):
        kind, where = found["type"], _real_path(found["loc"], data)
        context: Mapping[str, Any] = found.get("ctx", {})
        value = "this" if _HIDDEN & set(where) else _shown(found.get("input"))
        if kind == "extra_forbidden":
            yield where, f"unknown key {where[-1]!r}", _near(str(where[-1]), allowed_keys(where[:-1]))
        elif kind == "missing":
            yield where, f"{found['loc'][-1]} is missing", _description(found["loc"])
        elif kind == "literal_error":
            options = [option.strip(" '") for option in context["expected"].replace(" or ", ",").split(",")]
            yield where, f"{value} is not possible", _near(str(found.get("input")), options)
        elif kind in ("cutover", "duration"):
            yield where, context["what"], context.get("fix")
        elif kind in _KINDS:
            yield where, f"{value} is not {_KINDS[kind]}", f"write {_KINDS[kind]}"
        else:
            yield where, f"{value}: {found['msg'][0].lower()}{found['msg'][1:]}", None


def allowed_keys(path: Path) -> list[str]:
    """Return the keys that are known at ``path``."""
    model = _model(path)
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _model(path: Path) -> type[BaseModel] | None:
    model: type[BaseModel] | None = Migration
    for part in path:
        if model is None:
            return None
        if isinstance(part, str):
            fields = {field.alias or name: field for name, field in model.model_fields.items()}
            model = _model_in(fields[part].annotation) if part in fields else None
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for inner in get_args(annotation) if (model := _model_in(inner))), None)


def _description(loc: Path) -> str | None:
    model = _model(loc[:-1])
    fields = {field.alias or name: field for name, field in model.model_fields.items()} if model else {}
    field = fields.get(str(loc[-1]))
    return f"add it: {field.description}" if field and field.description else "add it"


def _real_path(loc: Path, data: Any) -> Path:
    """Cut what pydantic adds (``[key]``, names of unions) off the path; a missing key is shown at its parent."""
    path: list[str | int] = []
    for part in loc:
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if not in_list and not (isinstance(data, Mapping) and part in data):
            break
        data = data[part]
        path.append(part)
    return tuple(path)


def _near(word: str, options: list[str]) -> str:
    near = difflib.get_close_matches(word.lower(), options, n=1)
    return f"did you mean {near[0]}?" if near else f"use one of {', '.join(options)}"


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
