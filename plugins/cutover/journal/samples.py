"""Samples: what was measured when. Like progress, they are worth much, but never a step."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from cutover.errors import ConnectionRefused
from cutover.journal.calls import Calls
from cutover.journal.errors import JournalMissing, JournalUnavailable
from cutover.journal.records import Sample
from cutover.journal.safe import json_safe

log = logging.getLogger("cutover.journal")


class Samples(Calls):
    """The time series of the journal."""

    def sample(self, run_id: str, series: str, data: Mapping[str, Any]) -> None:
        """Write down what was measured just now. A journal that is away is logged, and the sample is lost.

        :param series: what was measured (``"lag blue -> green"``).
        :raises NotJsonSafe: ``data`` would not come back as it is.
        """
        document = json_safe(dict(data), f"sample of {series!r}")
        try:
            self.rows("sample_put", patience=0, id=uuid.uuid4(), run_id=run_id, series=series, data=document)
        except (JournalUnavailable, JournalMissing, ConnectionRefused) as error:
            log.warning("a sample of %s was not written down: %s", series, error.what)

    def samples(self, run_id: str, series: str | None = None, limit: int = 10_000) -> list[Sample]:
        """Return the latest ``limit`` samples, the oldest first."""
        return [Sample(**row) for row in self.rows("samples", run_id=run_id, series=series, limit=limit)]
