"""What ends on the server when an operator marks the task failed."""

from __future__ import annotations

import threading

from cutover.context import CancelToken

CANCEL_SECONDS = 4.0


class Cancelling:
    """Of an operator: what it runs heeds :meth:`cancel_token`, and is ended within a second when the task is killed."""

    _cancel: CancelToken | None = None

    def cancel_token(self) -> CancelToken:
        """Return a new token, which is heeded from now on."""
        self._cancel = CancelToken()
        return self._cancel

    def on_kill(self) -> None:
        """End what runs on the servers."""
        if self._cancel is None:
            return
        # This is a signal handler in the very thread that may hold the token's lock: another thread does it.
        canceller = threading.Thread(target=self._cancel.cancel, name="cutover-cancel", daemon=True)
        canceller.start()
        canceller.join(CANCEL_SECONDS)
