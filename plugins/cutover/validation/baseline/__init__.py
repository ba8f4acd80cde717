"""Are the same queries as fast on the new side? Noise-aware, and honest about what it cannot tell.

Parts: ``queries`` (what is asked), ``measure`` (who is timed when), ``noise`` (what the timings say), ``plans`` (did
the plan change its shape), ``verdicts`` (all of it as checks).
"""

from cutover.validation.baseline.measure import BaselineSide, run
from cutover.validation.baseline.noise import Verdict, judge

__all__ = ["BaselineSide", "Verdict", "judge", "run"]
