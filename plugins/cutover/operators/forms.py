"""The trigger forms: lists of migrations and of runs, with titles, made when a DAG file is parsed."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any, TypeVar

import psycopg
from airflow.sdk import Param, get_parsing_context

from cutover.errors import CutoverError
from cutover.journal.records import ACTIVE, Run
from cutover.opening import JOURNAL
from cutover.operators.airflow_connections import AirflowResolver
from cutover.operators.recent_points import Point, recent_points
from cutover.operators.recent_runs import recent_runs
from cutover.spec.loader import load_all

OPEN = frozenset({*ACTIVE, "window", "failed"}) - {"finalizing"}
_CACHE_SECONDS = 3.0
_SILENT = "silent"
_cache: dict[str, tuple[float, list[Any] | str]] = {}
T = TypeVar("T")


def in_worker() -> bool:
    """Return whether this parse is for one task: a worker validates the conf of a run that is under way.

    A list that has changed since the run began (a spec was renamed, a run changed its state) must not fail it then,
    so a worker's forms have no lists.
    """
    return bool(get_parsing_context().dag_id)


def migration(strategy: str | None) -> Param:
    """Return the list of the strategy's migrations, or of all; there is no default: none is started by mistake."""
    common: dict[str, Any] = {"type": "string", "title": "Migration"}
    if in_worker():
        return Param(**common)
    good, bad = load_all()
    titles = {
        name: f"{spec.title} ({name})" for name, spec in sorted(good.items()) if strategy in (None, spec.strategy)
    }
    notes = [
        f"`{name}` is not in the list because its spec has errors: {error.what}" for name, error in sorted(bad.items())
    ]
    if not titles:
        whose = f" for the strategy `{strategy}`" if strategy else ""
        notes.insert(0, f"There is no migration{whose} yet: add one under include/migrations.")
        return Param(**common, description_md="\n\n".join(notes))
    help_text = "\n\n".join(["What shall change.", *notes])
    return Param(**common, enum=list(titles), values_display=titles, description_md=help_text)


def run(strategy: str | None, states: Collection[str] = OPEN, *, what: str = "taken back") -> Param:
    """Return the list of runs that can be ``what``, the newest first.

    The list is a proposal: keywords beside ``$ref`` bind nobody in JSON Schema before 2019-09, yet the form reads them.
    A run that is younger than the list, or an automatic rollback, must never be refused because of it.
    """
    open_schema: dict[str, Any] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$ref": "#/definitions/run",
        "definitions": {"run": {"type": "string", "minLength": 1}},
        "type": "string",
        "title": "Run",
    }
    if in_worker():
        return Param(schema=open_schema)
    found = _recent(strategy, sorted(states))
    if isinstance(found, str):
        text = f"The list of runs cannot be shown ({found}). Type the id of the run that shall be {what}."
        return Param(schema={**open_schema, "description_md": text})
    if not found:
        text = f"No run can be {what} at the moment. A younger run than this form can be named by its id."
        return Param(schema={**open_schema, "description_md": text})
    shown = {item.run_id: label(item) for item in found}
    text = f"The run that shall be {what}; the newest comes first."
    return Param(schema={**open_schema, "enum": list(shown), "values_display": shown, "description_md": text})


def label(run: Run) -> str:
    """Return a run as the list shows it. Only what changes with the run's state: each change is a new DAG version."""
    by = f" by {run.triggered_by}" if run.triggered_by else ""
    until = ""
    if run.state == "window" and run.window_ends_at:
        until = f", way back until {run.window_ends_at:%d %b %H:%M} UTC"
    state, started = run.standing, f"{run.started_at:%Y-%m-%d %H:%M} UTC"
    return f"{run.title}: {state}{until}; started {started}{by} ({run.run_id})"


def rollback_point(strategy: str | None) -> Param:
    """Return the list of rollback points that a run can be taken back to, the newest first; left empty: none.

    A proposal like that of :func:`run`. It is what the journal says: whether a point is still there and whole is looked
    at before anything is touched.
    """
    open_schema: dict[str, Any] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$ref": "#/definitions/point",
        "definitions": {"point": {"type": ["null", "string"], "minLength": 1}},
        "type": ["null", "string"],
        "title": "Rollback point",
        "section": "Last resort",
    }
    if in_worker():
        return Param(None, schema=open_schema)
    text = (
        "The last resort: what is written since then is lost. How many rows of which tables that is, is looked at and"
        " asked about first. Left empty: the strategy's own way back."
    )
    found = _points(strategy)
    if isinstance(found, str):
        text += f" The list cannot be shown ({found}); `python -m cutover backups` lists names."
        return Param(None, schema={**open_schema, "description_md": text})
    if not found:
        return Param(None, schema={**open_schema, "description_md": f"{text} No run has taken one yet."})
    shown = {"None": "none: the strategy's own way back", **{point.name: point.label() for point in found}}
    names = [None, *(point.name for point in found)]
    return Param(None, schema={**open_schema, "enum": names, "values_display": shown, "description_md": text})


def _recent(strategy: str | None, states: list[str]) -> list[Run] | str:
    """Return the runs, or in a few words why they cannot be listed."""
    key = f"{strategy}:{','.join(states)}"
    return _asked(key, lambda: recent_runs(AirflowResolver()(JOURNAL), strategy, states))


def _points(strategy: str | None) -> list[Point] | str:
    return _asked(f"points of {strategy}", lambda: recent_points(AirflowResolver()(JOURNAL), strategy))


def _asked(key: str, ask: Callable[[], list[T]]) -> list[T] | str:
    """Return the journal's answer, or in a few words why there is none. Two forms of one parse share it.

    A journal that has just kept one field waiting in vain does not keep the next one waiting.
    """
    for known in (_cache.get(key), _cache.get(_SILENT)):
        if known and time.monotonic() - known[0] < _CACHE_SECONDS:
            return known[1]
    try:
        answer: list[T] | str = ask()
    except CutoverError as error:
        answer = error.what.rstrip(".")
    except psycopg.errors.UndefinedTable:
        answer = []  # no journal yet, so no run either
    except psycopg.Error as error:
        answer = str(error).strip().splitlines()[0]
    except Exception as error:  # whatever a secrets backend raises: a form must never break the DAG
        answer = type(error).__name__
    _cache[_SILENT if isinstance(answer, str) else key] = (time.monotonic(), answer)
    return answer


def speed() -> dict[str, Param]:
    """Return the fields for the copy's speed. (A Param keeps the value of a run: no two DAGs may share one.)"""
    return {
        "batch_rows": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=1_000_000,
            title="Rows per batch",
            description="Left empty: as the migration says. Can be changed during the copy, on the page Migrations.",
            section="Speed",
        ),
        "workers": Param(
            None, type=["null", "integer"], minimum=1, maximum=32, title="Batches at the same time", section="Speed"
        ),
        "pause_seconds": Param(
            None, type=["null", "number"], minimum=0, maximum=3600, title="Seconds between two batches", section="Speed"
        ),
    }


def auto_approve() -> Param:
    return Param(
        False,
        type="boolean",
        title="Approve automatically",
        description="Neither the plan nor the cutover waits for a person.",
    )


def note() -> Param:
    return Param(None, type=["null", "string"], title="Note", description="For the ones who follow the run in Slack.")


def reason() -> Param:
    return Param(
        None, type=["null", "string"], title="Why", description="Kept with the run, and told to those who follow it."
    )


def rehearsal() -> Param:
    """Return the field by which a rehearsal says that this is a run of it."""
    return Param(
        None,
        type=["null", "string"],
        title="Rehearsal",
        description="Set by the DAG rehearse: the run works on staging. People leave it empty.",
        section="Rehearsal",
    )


def fail_at(steps: Collection[str]) -> Param:
    """Return the list of steps of which one can be made to fail, to rehearse the way back."""
    return Param(
        None,
        type=["null", "string"],
        enum=[None, *steps],
        title="Fail on purpose at",
        description="The step does its work and then fails, which leads to the rollback. For rehearsals.",
        section="Rehearsal",
    )
