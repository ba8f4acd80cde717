"""What the API sends: plain JSON of the journal's records. Times are ISO 8601 in UTC, durations in seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cutover.approvals.asked import Question
from cutover.approvals.signing import Signature, spoken
from cutover.journal.check import Check
from cutover.journal.records import Control, DocumentInfo, Event, Progress, Run, Sample, Step


def moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def run_shape(run: Run, now: datetime) -> dict[str, Any]:
    """Describe a run: what, where, since when, how long it worked, and how much of its rollback window is left.

    Databases are named by their connection ids: the journal's own name for one holds its address.
    """
    # A run in its window has done its work; what goes on is the window.
    end = run.ended_at or (run.swapped_at if run.state == "window" else None) or now
    left = None
    if run.state == "window" and run.window_ends_at:
        left = max(0.0, (run.window_ends_at - now).total_seconds())
    return {
        "run_id": run.run_id,
        "number": run.number,
        "migration": run.migration,
        "title": run.title,
        "strategy": run.strategy,
        "connections": [name for name in (run.spec.get("source"), run.spec.get("target")) if name],
        "state": run.state,
        "reason": run.reason,
        "over": run.terminal,
        "dag_id": run.dag_id,
        "dag_run_id": run.dag_run_id,
        "triggered_by": run.triggered_by,
        "dry_run": run.dry_run,
        "started_at": moment(run.started_at),
        "swapped_at": moment(run.swapped_at),
        "window_ends_at": moment(run.window_ends_at),
        "ended_at": moment(run.ended_at),
        "elapsed_seconds": max(0.0, (end - run.started_at).total_seconds()),
        "window_seconds_left": left,
    }


def progress_shape(progress: Progress) -> dict[str, Any]:
    """Describe one item's progress; ``rate`` (per second), ``eta_seconds`` and ``total`` are null when unknown."""
    return {
        "step": progress.step,
        "item": progress.item,
        "done": progress.done,
        "total": progress.total,
        "rate": progress.rate,
        "eta_seconds": progress.eta_seconds,
        "note": progress.note,
        "started_at": moment(progress.started_at),
        "updated_at": moment(progress.updated_at),
    }


def sample_shape(sample: Sample) -> dict[str, Any]:
    """Describe a sample of the lag: seconds and bytes behind, bytes of WAL that the live side keeps for the other."""
    names = ("seconds", "bytes", "kept_bytes", "arrived", "apply_errors", "conflicts", "broken")
    return {"at": moment(sample.at), **{name: sample.data.get(name) for name in names}}


def check_shape(check: Check) -> dict[str, Any]:
    return {
        "code": check.code,
        "name": check.name,
        "ok": check.ok,
        "severity": check.severity,
        "summary": check.summary,
        "object": check.object,
        "figures": check.figures,
    }


def event_shape(event: Event) -> dict[str, Any]:
    return {
        "at": moment(event.at),
        "kind": event.kind,
        "text": event.text,
        "actor": event.actor,
        "data": event.data,
    }


def question_shape(question: Question) -> dict[str, Any]:
    """Describe a question that is open, and where in Airflow it is answered; ``map_index`` is -1 for a plain task."""
    place = {name: question.place.get(name) for name in ("dag_id", "dag_run_id", "task_id", "map_index")}
    return {"at": moment(question.at), "text": question.text, **place}


def signature_shape(signature: Signature) -> dict[str, Any]:
    """Describe where a role stands: ``signed``, ``objects``, ``open`` or ``missing``; what is not known is null."""
    return {
        "role": spoken(signature.role),
        "state": signature.state,
        "who": signature.who,
        "at": moment(signature.at),
        "words": signature.words,
    }


def control_shape(control: Control, run: Run) -> dict[str, Any]:
    """Describe the live settings; null means that the spec's own value (``planned``) is in force."""
    planned = run.spec.get("backfill") or {}
    return {
        "paused": control.paused,
        "batch_rows": control.batch_rows,
        "pause_seconds": control.pause_seconds,
        "workers": control.workers,
        "changed_by": control.changed_by,
        "changed_at": moment(control.changed_at),
        "planned": {name: planned.get(name) for name in ("batch_rows", "pause", "workers")},
    }


def step_shape(step: Step) -> dict[str, Any]:
    """Describe an attempt of a step; of its detail only the plain figures (``pause_ms``, ``attempts``)."""
    return {
        "name": step.name,
        "attempt": step.attempt,
        "state": step.state,
        "started_at": moment(step.started_at),
        "ended_at": moment(step.ended_at),
        "error": step.error,
        "figures": {name: value for name, value in step.detail.items() if isinstance(value, (int, float))},
    }


def document_shape(document: DocumentInfo) -> dict[str, Any]:
    """Describe a document; ``size`` in bytes."""
    return {"name": document.name, "media_type": document.media_type, "size": document.size}
