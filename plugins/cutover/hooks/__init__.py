"""Hooks: commands, probes and webhooks at the moments of a maintenance window, each done once however often asked.

A hook that fails before the doors are open again takes the run back; one that fails afterwards is a failed check.
"""

from cutover.hooks.errors import HookFailed
from cutover.hooks.obstacles import obstacles
from cutover.hooks.running import run
from cutover.spec.window import Moment

__all__ = ["HookFailed", "Moment", "obstacles", "run"]
