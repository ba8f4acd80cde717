"""A run whose migration has hooks; nothing but the journal is needed for them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cutover.connections import from_environment
from cutover.context import RunContext
from cutover.spec import loader
from support.hooking import Begin

if TYPE_CHECKING:
    from cutover.journal.store import Journal


@pytest.fixture
def begin(tmp_path: Path, journal: Journal) -> Begin:
    """``begin(hook, hook, ..., dry_run=False)`` begins a run with these hooks and returns its context."""

    def start(*hooks: dict[str, Any], **more: Any) -> RunContext:
        folder = tmp_path / "specs" / "trial"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "up.sql").write_text("CREATE TABLE ledger (id int);\n")
        body = {
            **{"name": "trial", "title": "A trial", "strategy": "stop_the_world", "owner": "tests", "source": "shop"},
            **{"schema": {"up": "up.sql"}, "hooks": list(hooks)},
        }
        (folder / "migration.yaml").write_text(yaml.safe_dump(body))
        spec = loader.load(folder)
        values = {"migration": spec.name, "strategy": spec.strategy, "title": spec.title, "spec": spec.snapshot()}
        journal.begin_run("trial.1", database="shop", triggered_by="tests", **values, **more)
        return RunContext("trial.1", spec, journal, from_environment, logging.getLogger("cutover.hooks.test"))

    return start
