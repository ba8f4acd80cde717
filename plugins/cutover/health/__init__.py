"""How everything is that migrations need: databases, routers, the journal, backups, and what earlier runs have left.

One concern a module, each returns Checks; :func:`look` asks all of them, in parallel, and waits for nobody for long.
"""

from cutover.health.looking import Health, look

__all__ = ["Health", "look"]
