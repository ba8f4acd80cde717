"""Write docs/preflight.md from the rules: ``python -m cutover.postgres.preflight.docs [--check]``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from cutover import sqlfiles
from cutover.postgres.preflight.rule import RuleBase
from cutover.postgres.preflight.rules import all_rules

HEAD = """\
# Preflight

<!-- Made from the rules by `python -m cutover.postgres.preflight.docs`; change the rules, not this page. -->

Before a run of the `online` strategy builds anything, preflight looks at the server, the tables, what rests on them,
the role's rights, other sessions, and the spec; and it tries the change on an empty copy of each table with up to 1,000
sampled rows. All of it happens in transactions that are rolled back. No live table is locked beyond `ACCESS SHARE`, and
nothing waits longer than a second for a lock.

A finding has a code that stays the same for ever, the object's name, what is the matter, and what mends it: SQL that
can be pasted as it is, wherever SQL can mend it.

- **error**: the run is refused.
- **warning**: shown to whoever approves the run.
- **info**: what will be done with the object.

The names in the examples (`public.leads`, role `cutover`, database `shop`) are made up; a finding names yours. Which
rights the role needs, and the SQL that gives them, is in [privileges.md](privileges.md).

| code | what is checked | may be |
|---|---|---|
"""
WORDS_ONLY = ("nothing to mend",)


def path() -> Path:
    """Return where the page belongs: ``docs/preflight.md`` beside ``include``."""
    return sqlfiles.include_folder().parent / "docs" / "preflight.md"


def render() -> str:
    """Return the page."""
    return page(HEAD, all_rules())


def page(head: str, rules: Sequence[RuleBase]) -> str:
    """Return ``head``, which ends in a table's header, a row and a section for each rule."""
    rows = "".join(_row(rule) for rule in rules)
    return head + rows + "".join(_section(rule) for rule in rules)


def _row(rule: RuleBase) -> str:
    return f"| [{rule.code}](#{_anchor(rule)}) | {rule.title} | {', '.join(rule.severities)} |\n"


def _anchor(rule: RuleBase) -> str:
    """As GitHub makes it: letters in lower case, blanks to dashes, the rest left out."""
    heading = f"{rule.code} {rule.title}".lower()
    return "".join("-" if c == " " else c for c in heading if c.isalnum() or c in " -_")


def _section(rule: RuleBase) -> str:
    if rule.mend in WORDS_ONLY:
        mend = "Nothing to mend."
    elif ";" in rule.mend:
        mend = f"To mend it:\n\n```sql\n{rule.mend}\n```"
    else:
        mend = f"To mend it: {rule.mend}."
    return f"\n## {rule.code} {rule.title}\n\n*{', '.join(rule.severities)}.* {rule.why}\n\n{mend}\n"


def main(arguments: list[str]) -> int:
    """Write the page; with ``--check`` only say by the exit status whether it is current."""
    return put(path(), render(), check="--check" in arguments)


def put(file: Path, text: str, *, check: bool) -> int:
    """Write ``text``, or only look whether it is there; return the exit status."""
    if check:
        return 0 if file.exists() and file.read_text(encoding="utf-8") == text else 1
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
