"""The runbook of a run and its post-mortem draft: documents that are made of the journal alone."""

from cutover.runbook.as_html import to_html
from cutover.runbook.as_markdown import to_markdown
from cutover.runbook.document import runbook
from cutover.runbook.keep import keep
from cutover.runbook.post_mortem import post_mortem
from cutover.runbook.story import Story, read

__all__ = ["Story", "keep", "post_mortem", "read", "runbook", "to_html", "to_markdown"]
