"""The table of contents of an archive of pg_dump, and what pg_restore says that means nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Made first, so that their owners can be let in; and not wanted: an extension's comment comes with it, and our own
# triggers belong to a run.
FIRST = re.compile(r"^\d+; \d+ \d+ (SCHEMA|EXTENSION) - ")
OUR_TRIGGERS = r"TRIGGER .* cutover_(fence|fill)_\d+ "
UNWANTED = re.compile(rf"^\d+; \d+ \d+ (COMMENT - EXTENSION |PUBLICATION|SUBSCRIPTION|{OUR_TRIGGERS})")
ATTACHED = re.compile(r"^\d+; \d+ \d+ INDEX ATTACH ")
# What may need a whole index of a partitioned table, speaks of what does, or takes away what making it needs.
LATER = re.compile(r"^\d+; \d+ \d+ (FK CONSTRAINT|COMMENT|SECURITY LABEL|DEFAULT ACL|ACL) ")
# From 17 on pg_restore begins each session with a setting that older servers do not know: that error means nothing.
SETS_MORE_SINCE = 17
NO_MATTER = 'could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"'
# What is left of such complaints: who says so, which command it was, and how many there were.
AROUND = re.compile(
    r"Command was: SET transaction_timeout = 0;|errors ignored on restore: \d+|pg_restore:|warning:|error:|\s+"
)


def passes(post: Sequence[str]) -> list[tuple[list[str], bool]]:
    """Return what comes after the rows in the order in which it is restored, with whether several jobs may do it.

    Indexes of partitions are attached one after the other. Where a partition has partitions, two sessions that attach
    one index above and one below at once do not see each other: then the uppermost stays invalid for good, and no
    ``ON CONFLICT`` finds it.
    """
    attached = [entry for entry in post if ATTACHED.match(entry)]
    if not attached:
        return [(list(post), True)]
    later = [entry for entry in post if LATER.match(entry)]
    first = [entry for entry in post if not ATTACHED.match(entry) and not LATER.match(entry)]
    return [(entries, at_once) for entries, at_once in ((first, True), (attached, False), (later, True)) if entries]


def harmless(said: str) -> bool:
    """Whether all that pg_restore complained of is a setting that the server is too old to know.

    With several jobs their words come mixed, but never within a piece that is written at once. So whatever remains when
    the pieces of that complaint are taken out is another one.
    """
    return NO_MATTER in said and not AROUND.sub("", said.replace(NO_MATTER, ""))
