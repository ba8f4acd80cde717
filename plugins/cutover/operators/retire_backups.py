"""Delete rollback points and backups that were kept long enough, from every store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context

from cutover.connections import ConnectionInfo
from cutover.errors import ConnectionUnknown, CutoverError
from cutover.journal.records import ACTIVE
from cutover.journal.store import Journal
from cutover.operators.airflow_connections import AirflowResolver
from cutover.operators.explain import explained
from cutover.operators.opening import open_journal
from cutover.operators.stores import open_store
from cutover.postgres.backup import Store, listing, retire
from cutover.postgres.backup.retention import BACKUPS_DAYS, POINTS_DAYS
from cutover.postgres.backup.telling import RETIRED
from cutover.spec.window import Backup

DEFAULT = Backup().store
STRATEGY = "stop_the_world"
RUNS, POINTS = 500, 5000


class NotRetired(CutoverError):
    """Some stores could not be looked through."""

    code = "OPR021"


class RetireBackupsOperator(BaseOperator):
    """One pass over every store that a run names, and over ``cutover_backups``.

    The last whole backup of a database is never deleted, nor a point that its migration wants to be kept longer, nor
    one of a run that may still go back. A store that cannot be reached does not keep the others from being served; the
    task fails at the end, with all reasons.

    :param points_days: how long rollback points are kept; left out: as the store's connection says (extra ``cutover``:
        ``points_days``), else 7.
    :param backups_days: the same of backups (``backups_days``), else 30.
    """

    template_fields: Sequence[str] = ("points_days", "backups_days")
    ui_color = "#fff3d6"

    def __init__(
        self,
        *,
        points_days: int | str | None = "{{ params.points_days }}",
        backups_days: int | str | None = "{{ params.backups_days }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.points_days = points_days
        self.backups_days = backups_days

    def execute(self, context: Context) -> dict[str, Any]:
        """Return ``{connection id: {"retired": [names], "kept": number, "bytes": of those}}``."""
        figures: dict[str, Any] = {}
        troubles: list[str] = []
        with explained(), open_journal() as journal:
            resolve = AirflowResolver()
            needed = {str((run.spec.get("backup") or {}).get("store")) for run in journal.runs(STRATEGY, limit=RUNS)}
            spare = {run.run_id for run in journal.runs(states=[*ACTIVE, "window"], limit=RUNS)}
            for conn_id in sorted({DEFAULT, *needed} - {"None"}):
                try:
                    figures[conn_id] = self._retire(resolve(conn_id), journal, spare)
                except ConnectionUnknown as error:
                    if conn_id in needed:
                        troubles.append(f"{conn_id}: {error.what}")
                    else:
                        self.log.info("no run has ever needed the store %s, and it is not defined", conn_id)
                except Exception as error:  # whatever a provider raises: the other stores come first
                    self.log.exception("%s", conn_id)
                    troubles.append(f"{conn_id}: {_said(error)}")
            if troubles:
                raise NotRetired("; ".join(troubles), fix="nothing is lost: what is old is deleted at the next pass.")
        return figures

    def _retire(self, info: ConnectionInfo, journal: Journal, spare: set[str]) -> dict[str, Any]:
        store = open_store(info)
        # Before the store is looked through: a point that is taken meanwhile must not seem to be gone.
        told = journal.rows("recent_points", strategy=None, runs=RUNS, points=POINTS)
        retired = retire(
            store,
            points_days=_days(self.points_days, info, "points_days", POINTS_DAYS),
            backups_days=_days(self.backups_days, info, "backups_days", BACKUPS_DAYS),
            now=datetime.now(UTC),
            spare_runs=spare,
        )
        kept = listing(store)
        _tell(journal, store, told, {manifest.name for manifest in kept})
        size = sum(manifest.size for manifest in kept)
        self.log.info("%s: %d deleted, %d kept (%d bytes): %s", store.label, len(retired), len(kept), size, retired)
        return {"retired": retired, "kept": len(kept), "bytes": size}


def _tell(journal: Journal, store: Store, told: list[dict[str, Any]], there: set[str]) -> None:
    """Write down which points of the journal are gone, whoever has deleted them: no form lists them then."""
    for row in told:
        name = row["data"]["point"]
        if row["data"].get("store") == store.label and name not in there:
            text = f"rollback point {name} is no longer in {store.label}"
            journal.event(row["run_id"], RETIRED, text, data={"point": name})


def _days(chosen: Any, info: ConnectionInfo, setting: str, usual: int) -> int:
    """Return how many days: what the form says, else the connection, else what is usual.

    :raises NotRetired: something else than a whole number from 1 on.
    """
    value = info.settings.get(setting) if chosen in (None, "", "None") else chosen
    if value is None:
        return usual
    if not str(value).isdigit() or int(value) < 1:
        raise NotRetired(f"{setting} is {value!r}, which is no number of days.", fix="write a whole number from 1 on.")
    return int(value)


def _said(error: Exception) -> str:
    return error.what if isinstance(error, CutoverError) else f"{type(error).__name__}: {error}"
