"""The plan of a change of shape."""

from cutover.postgres.plan_dual.document import dual_plan
from cutover.postgres.plan_dual.model import DualPlan

__all__ = ["DualPlan", "dual_plan"]
