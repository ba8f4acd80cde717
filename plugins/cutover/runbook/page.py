"""What a document consists of, whatever it is written in afterwards.

A text is a string, or a tuple of strings, :class:`Code`, :class:`Strong` and :class:`Link`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Code:
    """A name or a command, as it is typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """An address on the web; anything else is shown as text."""

    text: str
    url: str

    @property
    def safe(self) -> bool:
        return self.url.startswith(("https://", "http://"))


Part = str | Code | Strong | Link
Text = str | Code | Strong | Link | tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it stands, before everything else."""

    kind: Literal["good", "warn", "bad"]
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: Text


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values."""

    pairs: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """:param label: names it to who cannot see it."""

    label: str
    head: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]


@dataclass(frozen=True, slots=True)
class Items:
    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Text as it was typed or sent."""

    text: str
    language: str = "sql"


@dataclass(frozen=True, slots=True)
class Blanks:
    """What a person has to fill in; each with a hint."""

    prompts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """What is shown to whoever opens it."""

    summary: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    blocks: tuple[Block, ...]


Block = Verdict | Paragraph | Facts | Table | Items | Listing | Blanks | Folded | Section


@dataclass(frozen=True, slots=True)
class Page:
    """:param note: small print under the title."""

    title: str
    note: str
    blocks: tuple[Block, ...] = field(default=())


def parts(text: Text) -> tuple[Part, ...]:
    """Return a text as its parts."""
    return text if isinstance(text, tuple) else (text,)
