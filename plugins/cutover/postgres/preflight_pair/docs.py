"""Write docs/preflight-blue-green.md: ``python -m cutover.postgres.preflight_pair.docs [--check]``."""

from __future__ import annotations

import sys
from pathlib import Path

from cutover import sqlfiles
from cutover.postgres.preflight import docs
from cutover.postgres.preflight_pair.rules import all_rules

HEAD = """\
# Preflight of the blue-green strategy

<!-- Made from the rules by `python -m cutover.postgres.preflight_pair.docs`; change the rules, not this page. -->

Before a run of the `blue_green` strategy builds anything, preflight looks at both servers (*blue*, the spec's source,
and *green*, its target), both databases, every table of blue, the router, the role's rights on both sides, other
sessions, and the spec. It lets each server open the connection that a subscription will open. It runs the migration's
SQL on an empty copy of blue's schema, in a scratch database on green's server that is dropped again, and compares the
result with blue: what replication would stop at, what the way back would stop at, and what would be lost on either.
Where that depends on the rows, rows are looked at: all of them, or as many as ten seconds and 200,000 rows a table
allow; a finding says which.

On blue all of it happens in transactions that are rolled back, and no table is locked beyond `ACCESS SHARE`. One thing
is there for moments: an empty publication, `cutover_preflight`, on the side that the other server tries to connect to.

A finding has a code that stays the same for ever, the object's name, what is the matter, and what mends it: SQL that
can be pasted as it is, wherever SQL can mend it.

- **error**: the run is refused.
- **warning**: shown to whoever approves the run.
- **info**: what will be done with the object.

The names in the examples (`public.leads`, role `cutover`, databases `shop`) are made up; a finding names yours.

| code | what is checked | may be |
|---|---|---|
"""


def path() -> Path:
    """Return where the page belongs: ``docs/preflight-blue-green.md`` beside ``include``."""
    return sqlfiles.include_folder().parent / "docs" / "preflight-blue-green.md"


def render() -> str:
    """Return the page."""
    return docs.page(HEAD, all_rules())


def main(arguments: list[str]) -> int:
    """Write the page; with ``--check`` only say by the exit status whether it is current."""
    return docs.put(path(), render(), check="--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
