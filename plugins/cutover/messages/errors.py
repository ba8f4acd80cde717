"""What can be wrong with a message; none of it ever stops a migration."""

from __future__ import annotations

from cutover.errors import CutoverError


class MessageTemplateBroken(CutoverError):
    """A text under ``include/messages`` is missing, cannot be read, or uses a value that does not exist."""

    code = "MSG001"


class ChannelFailed(CutoverError):
    """The channel did not take a message.

    :ivar refused: whether the channel answered, and its answer was no.
    :ivar maybe_sent: whether the message may have arrived nevertheless (its answer was lost).
    :ivar retry_after: seconds for which the channel asked to be left alone.
    """

    code = "MSG002"

    def __init__(
        self,
        what: str,
        *,
        fix: str | None = None,
        refused: bool = False,
        maybe_sent: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(what, fix=fix)
        self.refused = refused
        self.maybe_sent = maybe_sent
        self.retry_after = retry_after
