"""A hook that fetches a URL and looks at the status."""

from __future__ import annotations

from cutover.context import CancelToken
from cutover.hooks.calls import Call, NoReply, call
from cutover.hooks.errors import ProbeFailed


def probe(url: str, *, expect: int, timeout: float, cancel: CancelToken) -> str:
    """Fetch ``url`` once and return what came back, in a few words.

    :raises ProbeFailed: nobody answered, or with another status.
    :raises HookTimedOut: not in time.
    :raises Cancelled: an operator stopped the step.
    """
    fix = "look at the service behind it; if it only starts slowly, raise `retry_for`."
    try:
        answer = call(Call("GET", url), timeout=timeout, cancel=cancel)
    except NoReply as error:
        raise ProbeFailed(f"{url} cannot be reached: {error}.", fix=fix) from None
    if answer.status != expect:
        what = f"{url} answered with {answer.status} instead of {expect}."
        raise ProbeFailed(what, said=answer.text, fix=fix)
    return f"{url} answered with {answer.status}"
