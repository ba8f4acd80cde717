"""Wait once when Slack asks for a moment, but never for long: the migration comes first."""

from __future__ import annotations

import time
from typing import Any

from slack_sdk.http_retry import RateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState

BUDGET_SECONDS = 3.0


class BriefRateLimitRetryHandler(RateLimitErrorRetryHandler):
    """Retry a rate-limited call when ``Retry-After`` fits into what is left of the budget of this call."""

    def __init__(self, budget: float = BUDGET_SECONDS) -> None:
        super().__init__(max_retry_count=3)
        self.budget = budget

    def _can_retry(
        self, *, state: RetryState, request: HttpRequest, response: HttpResponse | None = None, error: Any = None
    ) -> bool:
        if response is None or response.status_code != 429:
            return False
        spent = getattr(state, "custom_values", None) or {}
        return spent.get("waited", 0.0) + wanted(response.headers) <= self.budget

    def prepare_for_next_attempt(
        self, *, state: RetryState, request: HttpRequest, response: HttpResponse | None = None, error: Any = None
    ) -> None:
        delay = wanted(response.headers if response else {})
        state.custom_values = {"waited": ((state.custom_values or {}).get("waited", 0.0)) + delay}
        state.next_attempt_requested = True
        time.sleep(delay)
        state.increment_current_attempt()


def wanted(headers: Any) -> float:
    """Return the seconds of ``Retry-After``; 1 where it is missing or no number."""
    for name, value in (headers or {}).items():
        if name.lower() == "retry-after":
            text = value[0] if isinstance(value, list) else value
            try:
                return max(float(text), 0.0)
            except (TypeError, ValueError):
                break
    return 1.0
