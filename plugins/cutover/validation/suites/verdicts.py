"""One result of Great Expectations as one check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cutover.journal.check import Check, Severity

SEVERITIES: Mapping[str, Severity] = {"critical": "error", "warning": "warning", "info": "info"}
FIGURES = ("observed_value", "element_count", "unexpected_count", "unexpected_percent", "missing_count")
SHOWN_VALUES = 5
_DRIVER = re.compile(r"^\((?:psycopg|sqlalchemy)[\w.]*\)\s*")


def check(suite: str, label: str, result: Any, *, in_flight: int) -> Check:
    """Return the check for one expectation's result.

    :param result: an ``ExpectationValidationResult``.
    :param in_flight: rows that were left out since they were on their way.
    """
    config = result.expectation_config
    severity = SEVERITIES[getattr(config.severity, "value", config.severity) or "critical"]
    kwargs = {key: value for key, value in config.kwargs.items() if key != "batch_id"}
    error = _error(result.exception_info)
    figures: dict[str, Any] = {"suite": suite, "expectation": config.type, "arguments": kwargs}
    found = result.result or {}
    figures |= {key: _json(found[key]) for key in FIGURES if found.get(key) is not None}
    if found.get("partial_unexpected_list"):
        figures["unexpected_values"] = [_json(value) for value in found["partial_unexpected_list"][:SHOWN_VALUES]]
    if in_flight:
        figures["rows_in_flight"] = in_flight
    if error:
        figures["error"] = error
    ok = bool(result.success) and not error
    return Check(
        "SUITE", f"{suite}: {_name(config, kwargs)}", ok, severity, _summary(ok, error, figures), figures, label
    )


def nothing_to_check(suite: str, label: str) -> Check:
    """Return the check for a suite that has nothing to say about a table: it did not pass, and it blocks nothing."""
    text = "the suite has no expectation that applies to this table, so nothing was checked"
    return Check("SUITE", suite, False, "info", text, {"suite": suite}, label)


def _name(config: Any, kwargs: Mapping[str, Any]) -> str:
    if getattr(config, "description", None):
        return str(config.description)
    about = (
        kwargs.get("column") or ", ".join(kwargs.get("column_list", ())) or kwargs.get("unexpected_rows_query") or ""
    )
    return f"{config.type}({' '.join(str(about).split())[:100]})" if about else str(config.type)


def _error(info: Any) -> str | None:
    """Return the first message of an expectation that could not be computed, without traceback and SQL."""
    if not isinstance(info, Mapping):
        return None
    entries = [info] if "raised_exception" in info else [one for one in info.values() if isinstance(one, Mapping)]
    for entry in entries:
        if entry.get("raised_exception"):
            lines = str(entry.get("exception_message") or "unknown error").split("\n[SQL:")[0].strip()
            return _DRIVER.sub("", lines)[:1000]
    return None


def _summary(ok: bool, error: str | None, figures: Mapping[str, Any]) -> str:
    if error:
        return f"could not be computed: {error}"
    unexpected, elements = figures.get("unexpected_count"), figures.get("element_count")
    if unexpected is not None and elements is not None:
        return f"{unexpected:,} of {elements:,} values are not as expected" if unexpected else f"{elements:,} values"
    if not ok and unexpected is not None:
        return f"{unexpected:,} rows of the results differ"
    observed = figures.get("observed_value")
    if observed is None:
        return "as expected" if ok else "not as expected"
    text = f"{observed:,}" if isinstance(observed, (int, float)) else str(observed)
    expected = figures["arguments"].get("value")
    return f"found {text}" + (f", expected {expected:,}" if not ok and isinstance(expected, (int, float)) else "")


def _json(value: Any) -> Any:
    """Keep what JSON knows, as it is; everything else as text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value if not isinstance(value, str) else value[:200]
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    return str(value)[:200]
