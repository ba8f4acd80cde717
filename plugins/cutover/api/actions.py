"""What an operator can do next with a migration or a run, as a DAG and the conf that its trigger form takes.

Nothing is triggered here: the pages send the conf to Airflow's own REST API with the user's own session, so
Airflow checks the permission, validates the parameters and writes its audit log.
"""

from __future__ import annotations

from typing import Any

from cutover.journal.records import Run

STRATEGIES = ("online", "blue_green", "dual_write", "stop_the_world")

# The parameters of the DAGs' trigger forms.
MIGRATION_PARAM = "migration"
RUN_PARAM = "run"

# In every other state going back is on offer, also after a failure and for a rollback that got stuck: repeating
# one is harmless.
NO_WAY_BACK = frozenset({"rolled_back", "finalizing", "finalized"})
CAN_FINALIZE = frozenset({"window", "finalizing"})


def dag_of(run: Run) -> str:
    """Return the DAG whose permissions guard the run; a run started from a terminal belongs to its strategy's."""
    return run.dag_id or run.strategy


def start(strategy: str, migration: str) -> dict[str, Any]:
    """Start a run of a migration."""
    return {"dag_id": strategy, "conf": {MIGRATION_PARAM: migration}}


def for_run(run: Run) -> dict[str, dict[str, Any]]:
    """Return the actions that the run's state allows, by name: ``roll_back``, ``finalize``; none for a rehearsal."""
    offered: dict[str, dict[str, Any]] = {}
    if run.dry_run:
        return offered
    if run.state not in NO_WAY_BACK:
        offered["roll_back"] = {"dag_id": f"rollback_{run.strategy}", "conf": {RUN_PARAM: run.run_id}}
    if run.state in CAN_FINALIZE:
        offered["finalize"] = {"dag_id": "finalize", "conf": {RUN_PARAM: run.run_id}}
    return offered
