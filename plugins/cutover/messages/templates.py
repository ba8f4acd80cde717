"""The texts: Jinja templates under ``include/messages``, written in Slack's own markup.

Values are escaped as Slack asks for, so that a reason such as ``a < b`` or ``<!channel>`` stays text.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from cutover.messages import words
from cutover.messages.errors import MessageTemplateBroken
from cutover.sqlfiles import include_folder


def escape(value: Any) -> Any:
    """Escape text for Slack: ``&``, ``<`` and ``>`` and nothing else."""
    if not isinstance(value, str):
        return value
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def render(name: str, values: Mapping[str, Any]) -> str:
    """Fill ``include/messages/<name>.md``.

    :raises MessageTemplateBroken: no such text, or it uses a value that is not given.
    """
    try:
        return _environment(str(include_folder() / "messages")).get_template(f"{name}.md").render(values).strip()
    except (TemplateError, OSError, TypeError, ValueError) as error:
        raise MessageTemplateBroken(
            f"the text include/messages/{name}.md cannot be filled: {type(error).__name__}: {error}",
            fix=f"use only these values in it: {', '.join(sorted(values))}.",
        ) from error


@cache
def _environment(folder: str) -> Environment:
    environment = Environment(  # Slack's markup is no HTML: `finalize` escapes what Slack asks for
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        finalize=escape,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters.update(
        number=words.number, span=words.span, bar=words.bar, state=words.state, mark=words.mark, moment=words.moment
    )
    environment.filters.update(day=words.day, about=words.about, sentence=words.sentence)
    return environment
