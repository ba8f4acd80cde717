"""Make Airflow do what an error asks for: wrong input fails at once, what may pass by itself is tried again."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

import psycopg
from airflow.sdk.exceptions import AirflowFailException

from cutover.errors import Cancelled, ConnectionRefused, CutoverError

log = logging.getLogger("cutover.operators")

# Errors of ours that may be gone at the next try: the journal is away, a server or the router cannot be reached, locks
# are held by others, a killed worker's session is not gone yet, a cutover was refused and has changed nothing or is
# still to be taken back, the other side is late; somebody is connected to what a rehearsal copies, or has made.
MAY_PASS = frozenset(
    {
        "JRN001",
        "CUT003",
        "ONL020",
        "ONL021",
        "RTR001",
        "RTR002",
        "BGR012",
        "BGR016",
        "BGR017",
        "BGR044",
        "REH003",
        "REH006",
    }
)
# ... but not when the server answered, and its answer was no.
FINAL_REFUSALS = ("authentication failed", "does not exist", "pg_hba.conf", "no password supplied", "not permitted")


class StepFailed(CutoverError):
    """The server refused a statement of a step."""

    code = "OPR001"


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Log an error with what mends it, and turn it into Airflow's failure with or without retries.

    :raises AirflowFailException: for everything that another try cannot mend.
    """
    try:
        yield
    except CutoverError as error:
        log.error("%s", error)
        # A cancelled step is over for the operator who marked it failed; a worker that was shut down tries again.
        if isinstance(error, Cancelled) or may_pass(error):
            raise
        raise AirflowFailException(str(error)) from None
    except psycopg.Error as error:
        if may_pass(error):
            log.error("the server broke off: %s", _said(error))
            raise
        log.exception("the server refused a statement: %s", _said(error))
        raise AirflowFailException(str(StepFailed(_said(error)))) from None


def may_pass(error: Exception) -> bool:
    """Return whether another try has a chance."""
    if isinstance(error, ConnectionRefused):
        return not any(phrase in error.what for phrase in FINAL_REFUSALS)
    if isinstance(error, CutoverError):
        return error.code in MAY_PASS
    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))


def _said(error: psycopg.Error) -> str:
    diag = error.diag
    parts = [diag.message_primary or str(error).strip() or type(error).__name__, diag.message_detail, diag.message_hint]
    return " ".join(part for part in parts if part)
