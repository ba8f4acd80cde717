"""The plan of a run, for people: objective, changes, risks, order, times, who is affected, and the way back."""

from cutover.postgres.plan.document import AnyPlan, plan_document, plan_of
from cutover.postgres.plan.model import Plan

__all__ = ["AnyPlan", "Plan", "plan_document", "plan_of"]
