"""What ran in a step: statements, programs, pooler's commands and hooks, noted as they run and kept by the journal.

Only what changes something is noted, as text without values; see :mod:`cutover.recording.sqltext`.
"""

from cutover.recording.recorder import Recorder
from cutover.recording.registry import held, noted, of, recording

__all__ = ["Recorder", "held", "noted", "of", "recording"]
