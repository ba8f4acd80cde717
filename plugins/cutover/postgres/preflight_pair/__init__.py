"""Preflight of the blue_green strategy: what could stop a run between two databases, or its way back; what mends it.

One rule, one module, one stable code; docs/preflight-blue-green.md is made from them. Facts are gathered once a side,
in transactions that are rolled back; the migration's SQL is tried on an empty copy of blue's schema on green's server.
"""

from cutover.postgres.preflight_pair.facts import Pair, PairLimits
from cutover.postgres.preflight_pair.runner import judge, limits_of, look, run_rules

__all__ = ["Pair", "PairLimits", "judge", "limits_of", "look", "run_rules"]
