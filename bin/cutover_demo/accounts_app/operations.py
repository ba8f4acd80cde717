"""All operations of the application, by name."""

from __future__ import annotations

from cutover_demo.accounts_app import on_accounts, on_events, reading
from cutover_demo.accounts_app.kinds import KINDS

# They register themselves.
__all__ = ["KINDS", "on_accounts", "on_events", "reading"]
