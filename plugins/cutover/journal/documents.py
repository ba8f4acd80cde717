"""Documents: plan and reports of a run, kept with it."""

from __future__ import annotations

from cutover.journal.calls import Calls
from cutover.journal.errors import DocumentUnknown
from cutover.journal.records import Document, DocumentInfo


class Documents(Calls):
    """The documents of the journal."""

    def put_document(self, run_id: str, name: str, media_type: str, body: bytes | str) -> None:
        """Store or replace a document; text is stored as UTF-8."""
        content = body.encode("utf-8") if isinstance(body, str) else body
        self.rows("document_put", run_id=run_id, name=name, media_type=media_type, body=content)

    def document(self, run_id: str, name: str) -> Document:
        """:raises DocumentUnknown: the error names the documents that there are."""
        found = self.row("document_get", run_id=run_id, name=name)
        if found:
            return Document(**{**found, "body": bytes(found["body"])})
        there = ", ".join(d.name for d in self.documents(run_id)) or "none"
        raise DocumentUnknown(f"run {run_id!r} has no document {name!r}.", fix=f"it has: {there}.")

    def documents(self, run_id: str) -> list[DocumentInfo]:
        """Return what there is, by name, without the bodies."""
        return [DocumentInfo(**row) for row in self.rows("documents", run_id=run_id)]
