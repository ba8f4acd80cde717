"""The plan of a run between two databases, for people."""

from cutover.postgres.plan_pair.document import pair_plan, plan_of
from cutover.postgres.plan_pair.model import PairPlan

__all__ = ["PairPlan", "pair_plan", "plan_of"]
