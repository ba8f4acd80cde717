"""How a run is between its cutover and the end of its window: measured, kept, judged.

``measures`` has one module for each thing that is looked at; :mod:`looking` takes them all in bounded time; ``looks``
keeps them in the journal; :func:`judge` turns what is kept into verdicts, without asking anybody anything; ``words``
says them to people.
"""

from cutover.observing.judging import Judgement, Verdict, judge
from cutover.observing.looks import Look

# Not :func:`look`: it brings every engine along, which a DAG file has no use for.
__all__ = ["Judgement", "Look", "Verdict", "judge"]
