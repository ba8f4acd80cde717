"""Fail on purpose: how a rehearsal shows that the way back works from a given step."""

from __future__ import annotations

from cutover.errors import CutoverError


class FailedOnPurpose(CutoverError):
    """A rehearsal asked for this step to fail."""

    code = "OPR004"


def fail_on_purpose(fail_at: str | None, step: str) -> None:
    """:raises FailedOnPurpose: after the step's work is done, so that there is something to take back."""
    if fail_at == step:
        raise FailedOnPurpose(
            f"step {step!r} did its work and then failed on purpose, as this run was told to (fail_at)."
        )
