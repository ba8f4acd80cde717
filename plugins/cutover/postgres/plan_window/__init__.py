"""The plan of a maintenance window."""

from cutover.postgres.plan_window.document import window_plan
from cutover.postgres.plan_window.model import WindowPlan

__all__ = ["WindowPlan", "window_plan"]
