"""What a spec may not combine where people are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.spec.approving import OWNER
from cutover.spec.problems import Broken


def approvals(data: Mapping[str, Any]) -> Iterator[Broken]:
    """Yield roles that are listed twice, and what is said of roles that nobody asks."""
    found = data.get("approvals")
    if not isinstance(found, Mapping):
        return
    roles, people = found.get("sign_off"), found.get("people")
    asked = roles if isinstance(roles, list) else []
    for position, role in enumerate(asked):
        if role in asked[:position]:
            yield Broken(("approvals", "sign_off", position), f"{role!r} is listed twice", "list each role once")
    for role in people if isinstance(people, Mapping) else ():
        if role != OWNER and role not in asked:
            fix = f"add {role} to sign_off, or remove it here"
            yield Broken(("approvals", "people", role), f"{role} is not asked to sign off", fix)
    if found.get("on_objection") is not None and not asked:
        what = "nobody signs off, so nobody can object"
        yield Broken(("approvals", "on_objection"), what, "name roles in sign_off, or remove it")
