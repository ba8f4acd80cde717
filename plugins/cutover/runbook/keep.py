"""Keep the documents with the run; making them is never a reason for a task to fail."""

from __future__ import annotations

import logging

from cutover.journal.store import Journal
from cutover.runbook.as_html import to_html
from cutover.runbook.as_markdown import to_markdown
from cutover.runbook.document import runbook
from cutover.runbook.page import Page
from cutover.runbook.post_mortem import post_mortem
from cutover.runbook.story import Story, read

log = logging.getLogger("cutover.runbook")

RUNBOOK, POST_MORTEM = "runbook", "post-mortem"
# Runs that somebody will want to look back at.
TROUBLED = frozenset({"rolled_back", "failed", "aborted"})


def keep(journal: Journal, run_id: str) -> None:
    """Write ``runbook.md`` and ``runbook.html``, and after a rollback ``post-mortem.*``; made anew each time."""
    try:
        story = read(journal, run_id)
        _keep(journal, story, RUNBOOK, runbook(story))
        if story.run.state in TROUBLED:
            _keep(journal, story, POST_MORTEM, post_mortem(story))
    except Exception as error:
        # What there is can be had at any time by `python -m cutover runbook`.
        log.warning("the runbook of %s was not kept: %s", run_id, error)


def _keep(journal: Journal, story: Story, name: str, document: Page) -> None:
    run_id = story.run.run_id
    journal.put_document(run_id, f"{name}.md", "text/markdown", to_markdown(document))
    journal.put_document(run_id, f"{name}.html", "text/html", to_html(document))
