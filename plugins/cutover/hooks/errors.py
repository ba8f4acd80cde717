"""How a hook can fail. What it said is kept apart from what happened, with secrets taken out of both."""

from __future__ import annotations

from cutover.errors import CutoverError


class HookFailed(CutoverError):
    """A hook did not do what it is for.

    :param said: the end of a command's output, or of the answer to a call.
    """

    code = "HOK001"
    # Whether another try within `retry_for` has a chance.
    may_pass = True

    def __init__(self, what: str, *, said: str = "", fix: str | None = None) -> None:
        super().__init__(f"{what} Its last words:\n{said}" if said else what, fix=fix)
        self.short, self.said = what, said

    def of(self, label: str, moment: str) -> HookFailed:
        """Return the same error with the name of its hook."""
        return type(self)(f"hook {label!r} ({moment}): {self.short}", said=self.said, fix=self.fix)


class CommandNotStarted(HookFailed):
    """There is no such program where tasks run, or it may not be executed."""

    code = "HOK002"
    may_pass = False


class HookTimedOut(HookFailed):
    """A command or a call took longer than its `timeout`."""

    code = "HOK003"


class ProbeFailed(HookFailed):
    """A URL did not answer with the status that was expected."""

    code = "HOK004"


class WebhookFailed(HookFailed):
    """A webhook was not taken."""

    code = "HOK005"


class WebhookUnusable(HookFailed):
    """A webhook's connection is not defined, or is for something else."""

    code = "HOK006"
    may_pass = False
