"""The table of contents of an archive of pg_dump, and what pg_restore says that means nothing."""

from __future__ import annotations

import re

# Made first, so that their owners can be let in; and not wanted: an extension's comment comes with it, and our own
# triggers belong to a run.
FIRST = re.compile(r"^\d+; \d+ \d+ (SCHEMA|EXTENSION) - ")
OUR_TRIGGERS = r"TRIGGER .* cutover_(fence|fill)_\d+ "
UNWANTED = re.compile(rf"^\d+; \d+ \d+ (COMMENT - EXTENSION |PUBLICATION|SUBSCRIPTION|{OUR_TRIGGERS})")
# From 17 on pg_restore begins each session with a setting that older servers do not know: that error means nothing.
SETS_MORE_SINCE = 17
NO_MATTER = 'could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"'
# What is left of such complaints: who says so, which command it was, and how many there were.
AROUND = re.compile(
    r"Command was: SET transaction_timeout = 0;|errors ignored on restore: \d+|pg_restore:|warning:|error:|\s+"
)


def harmless(said: str) -> bool:
    """Whether all that pg_restore complained of is a setting that the server is too old to know.

    With several jobs their words come mixed, but never within a piece that is written at once. So whatever remains when
    the pieces of that complaint are taken out is another one.
    """
    return NO_MATTER in said and not AROUND.sub("", said.replace(NO_MATTER, ""))
