"""What pg_restore says, and whether it means anything; in the words of 18 against a server of 16."""

from __future__ import annotations

from cutover.postgres.toc import harmless

UNKNOWN = 'could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"'
COMMAND = "Command was: SET transaction_timeout = 0;"
NO_MATTER = f"pg_restore: error: {UNKNOWN}\n{COMMAND}\n"
MIXED = f"pg_restore: error: pg_restore:{UNKNOWN}\n{COMMAND}\n error: {UNKNOWN}\n{COMMAND}\n"
# One word more than there are sentences: seen with two jobs on a busy machine.
TWICE = NO_MATTER + f"pg_restore: error: error: {UNKNOWN}\n{COMMAND}\n" + NO_MATTER
ENDED = "pg_restore: warning: errors ignored on restore: 2\n"
TAKEN = (
    'pg_restore: error: could not execute query: ERROR:  relation "a" already exists\nCommand was: CREATE TABLE a ();\n'
)


def test_a_setting_that_an_older_server_does_not_know_means_nothing() -> None:
    assert harmless(NO_MATTER + ENDED) and harmless(NO_MATTER * 3)


def test_nor_do_the_mixed_words_of_several_jobs() -> None:
    assert harmless(MIXED + ENDED)
    assert harmless(TWICE + ENDED)


def test_everything_else_means_something() -> None:
    assert not harmless("") and not harmless(ENDED)
    assert not harmless(NO_MATTER + TAKEN) and not harmless(MIXED + TAKEN)
    assert not harmless(TWICE + TAKEN) and not harmless(TAKEN)
    assert not harmless(NO_MATTER + "pg_restore: error: connection to server was lost\n")
