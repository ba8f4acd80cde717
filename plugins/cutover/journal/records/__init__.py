"""What the journal gives back: frozen records, one per table."""

from cutover.journal.records.documents import Document, DocumentInfo
from cutover.journal.records.rehearsals import Rehearsal
from cutover.journal.records.runs import ACTIVE, STATES, TERMINAL, Run, new_run_id, standing
from cutover.journal.records.telling import Announced, Claim, Event, Message
from cutover.journal.records.work import Control, Progress, Sample, Statement, Step

__all__ = [
    "ACTIVE",
    "STATES",
    "TERMINAL",
    "Announced",
    "Claim",
    "Control",
    "Document",
    "DocumentInfo",
    "Event",
    "Message",
    "Progress",
    "Rehearsal",
    "Run",
    "Sample",
    "Statement",
    "Step",
    "new_run_id",
    "standing",
]
