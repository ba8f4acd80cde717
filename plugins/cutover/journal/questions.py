"""Questions: which are open although their run has moved on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cutover.journal.calls import Calls


class Questions(Calls):
    """The questions of the journal."""

    def overtaken_questions(self, dag_ids: Iterable[str], *, state: str = "window") -> list[dict[str, Any]]:
        """Return ``{run_id, dag_id, dag_run_id}`` of DAG runs that still ask about a run which has left ``state``.

        :param dag_ids: only questions of these DAGs.
        """
        return [dict(row) for row in self.rows("questions_overtaken", dag_ids=list(dag_ids), state=state)]
