"""The part of a spec that says what people are asked beside the plan and the cutover, and who may answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cutover.spec.durations import Duration, within
from cutover.spec.parts import DAY, Part

OWNER = "owner"
MINUTE = timedelta(minutes=1)
Role = Literal["database", "application", "operations", "qa", "product_owner"]
Answerer = Literal["owner", "database", "application", "operations", "qa", "product_owner"]
# What auth managers use as ids: names, addresses, numbers, `auth0|...`.
Person = Annotated[str, StringConstraints(pattern=r"^[\w.@+:|/\\-]{1,200}$")]


class Approvals(Part):
    """What people are asked. Whether they are asked for the plan and the cutover, `cutover: approval` says."""

    rollback: Literal["required", "auto"] = Field(
        default="auto",
        description="Whether a rollback that somebody triggers by hand within the window has to be confirmed. What a"
        " failed step or check takes back never waits for anybody.",
    )
    finalize: Literal["required", "auto"] = Field(
        default="auto",
        description="Whether finalizing, which ends the way back, has to be approved; without a yes it stays open.",
    )
    sign_off: list[Role] = Field(
        default_factory=list,
        description="Roles that sign the new side off once the run is in its window; until all have, `finalize_due`"
        " leaves the run alone.",
    )
    on_objection: Literal["ask", "roll_back", "keep"] = Field(
        default="ask",
        description="What the objection of a role leads to: the owner is asked whether to roll back, the run is rolled"
        " back at once, or it stays as it is.",
    )
    people: dict[Answerer, Annotated[list[Person], Field(min_length=1)]] = Field(
        default_factory=dict,
        description="Role -> Airflow user ids that may answer for it; `owner` answers for the run itself: plan,"
        " cutover, rollback, finalize, objections. Left out: everybody who may answer questions.",
    )
    four_eyes: bool = Field(
        default=False,
        strict=True,
        description="Whether the yes of whoever triggered it counts for nothing: plan, cutover, rollback, finalize.",
    )
    timeout: Annotated[Duration, within(MINUTE, 30 * DAY)] = Field(
        default=DAY, description="How long a question waits; no answer is never a yes."
    )
