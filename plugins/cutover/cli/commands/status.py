"""Show where a run stands: its state, steps, progress and checks by the journal, and its sides by the databases."""

from __future__ import annotations

import argparse
from typing import Any

import psycopg

from cutover import strategies
from cutover.approvals.asked import ANSWERED, open_questions
from cutover.approvals.signing import signatures
from cutover.cli import opened
from cutover.cli.answer import Answer, table
from cutover.cli.connections import resolve
from cutover.errors import CutoverError
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.opening import open_run

NAME = "status"
HELP = "show where a run stands"


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.argument_run(parser)
    parser.add_argument("--events", action="store_true", help="all that happened, too")


def run(arguments: argparse.Namespace) -> Answer:
    with opened.journal() as journal:
        found = journal.get_run(arguments.run)
        data = _told(journal, found)
        if arguments.events:
            data["events"] = [
                {"at": e.at.isoformat(), "kind": e.kind, "text": e.text, "actor": e.actor}
                for e in journal.events(found.run_id)
            ]
        asked = not found.terminal and found.strategy in strategies.NAMES
        data["database"] = _database(journal, found) if asked else None
    return Answer(data, _text(data))


def _told(journal: Journal, run: Run) -> dict[str, Any]:
    control = journal.control(run.run_id)
    steps = [
        {
            "step": s.name,
            "attempt": s.attempt,
            "state": s.state,
            "started": s.started_at.isoformat(timespec="seconds"),
            "seconds": round((s.ended_at - s.started_at).total_seconds(), 3) if s.ended_at else None,
            "error": s.error,
        }
        for s in journal.steps(run.run_id)
    ]
    progress = [
        {"step": p.step, "item": p.item, "done": p.done, "total": p.total, "rate": p.rate, "eta_seconds": p.eta_seconds}
        for p in journal.get_progress(run.run_id)
    ]
    told = journal.events(run.run_id)
    return {
        "run": run.as_dict(),
        "questions": [question.text for question in open_questions(told)],
        "answers": [
            {"at": e.at.isoformat(timespec="seconds"), "text": e.text, "actor": e.actor}
            for e in told
            if e.kind == ANSWERED
        ],
        "sign_off": [each.text for each in signatures(run, told)],
        "control": {n: getattr(control, n) for n in ("paused", "batch_rows", "pause_seconds", "workers", "changed_by")},
        "steps": steps,
        "progress": progress,
        "checks": [check.as_dict() for check in journal.checks(run.run_id)],
        "documents": [d.name for d in journal.documents(run.run_id)],
    }


def _database(journal: Journal, run: Run) -> dict[str, Any]:
    try:
        ctx = open_run(run.run_id, journal, resolve)
        return strategies.of(ctx).status(ctx)
    except (CutoverError, psycopg.Error) as error:
        # The journal's part is worth showing even when the database is away.
        return {"error": str(error).strip()}


def _people(data: dict[str, Any]) -> list[str]:
    """Return who has signed the run off, and what was answered."""
    signed = [{"sign-off": text} for text in data["sign_off"]]
    answers = table(data["answers"], ("at", "actor", "text"), "")
    return [part for part in (table(signed, ("sign-off",), ""), answers) if part]


def _sides(database: dict[str, Any]) -> list[str]:
    rows = [{"side": side, **found} for side, found in database["sides"].items()]
    for row in rows:
        row["phase"] = row.get("phase") if row["side"] == "green" else None  # how far the run has come is kept there
    shown = table(rows, ("side", "phase", "live", "fence", "error"), "no side yet")
    if "flag" in database:
        return [shown, *_flag(database)]
    traffic = database.get("traffic") or {}
    led = traffic.get("error") or f"clients are led to {traffic.get('leads_to')}"
    return [shown, f"the router: {led}"]


def _flag(database: dict[str, Any]) -> list[str]:
    flag = database.get("flag")
    if flag is None:
        return []
    if "error" in flag:
        return [f"the flag: {flag['error']}"]
    text = f"the flag is {flag['mode']}"
    if flag["mode"].startswith("dual_write"):
        text += f", {flag['read_new']:g} % of reads are new, {flag['shadow']:g} % asked of both"
    behind = f"; behind: {', '.join(flag['waiting'])}" if flag["waiting"] else ""
    return [f"{text} (version {flag['version']}); {flag['instances']} instances follow it{behind}"]


def _text(data: dict[str, Any]) -> str:
    run, control, database = data["run"], data["control"], data["database"]
    parts = [
        f"{run['run_id']}: {run['title']}\n{run['state'].replace('_', ' ')} on {run['database']}"
        + (f": {run['reason']}" if run["reason"] else ""),
        table(data["steps"], ("step", "attempt", "state", "started", "seconds", "error"), "no step has begun"),
    ]
    if run["window_ends_at"] and run["state"] == "window":
        parts[0] += f"\nthe way back is open until {run['window_ends_at']}"
    if control["paused"]:
        parts[0] += f"\nPAUSED by {control['changed_by']}"
    parts[0] += "".join(f"\nWAITS for an answer: {text}" for text in data["questions"])
    parts += _people(data)
    if data["progress"]:
        parts.append(table(data["progress"], ("step", "item", "done", "total", "rate", "eta_seconds"), ""))
    if data["checks"]:
        parts.append(table(data["checks"], ("code", "object", "ok", "severity", "summary"), ""))
    if database and "error" in database:
        parts.append(f"the database: {database['error']}")
    elif database and "tables" in database:
        parts.append(
            table(database["tables"], ("table", "phase", "live", "copied", "pending", "stuck"), "no table yet")
        )
        parts += _flag(database)
    elif database:
        parts += _sides(database)
    if "events" in data:
        parts.append(table(data["events"], ("at", "kind", "actor", "text"), "nothing happened yet"))
    return "\n\n".join(parts)
