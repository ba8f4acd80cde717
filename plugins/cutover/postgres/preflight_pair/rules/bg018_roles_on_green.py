"""BG018: green's server knows the roles of blue's database."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, listed, mending


class RolesOnGreen(PairRule):
    code = "BG018"
    title = "Green's server has the roles of blue's database, and the role can act as their owners"
    severities = ("error", "warning", "info")
    why = (
        "Owners and grants come along by name. A role that green's server does not have yet is made there, where the"
        " connection's role may (CREATEROLE), with its attributes and memberships. Its password comes along only where"
        " blue's connection is a superuser's, for nobody else can read it: without one, clients could not log in."
        " Objects are handed to their owners, and changes are applied in an owner's name, so the connection's role must"
        " be able to act as each of them (SET)."
    )
    mend = "CREATE ROLE shop_app LOGIN; -- then set its password: \\password shop_app"

    def check(self, pair: Pair) -> Iterator[Finding]:
        known, server = pair.green.known_roles, pair.green.server
        missing = [role.name for role in pair.blue.roles if role.name not in known]
        if missing:
            statements = sql.SQL(" ").join(sql.SQL("CREATE ROLE {};").format(sql.Identifier(n)) for n in missing)
            fix = f"{statements.as_string(None)} -- with attributes and password as on blue (pg_dumpall --roles-only)"
            if not (server.superuser or server.creates_roles):
                message = f"it lacks {listed(missing)}, and role {server.role} may not make roles."
                yield self.error("the server of green", message, fix)
            elif pair.blue.server.superuser:
                yield self.info("the server of green", f"it lacks {listed(missing)}: made there as they are on blue.")
            else:
                message = f"it lacks {listed(missing)}; they will be made, without a password."
                yield self.warning("the server of green", message, fix)
        barred = [role.name for role in pair.blue.roles if role.owns and role.name in known]
        for owner in (name for name in barred if not known[name].settable):
            message = f"role {server.role} cannot act as {owner}, to whom objects of blue belong."
            option = sql.SQL(" WITH INHERIT TRUE, SET TRUE" if server.major >= 16 else "")
            fix = mending("GRANT {owner} TO {role}{option};", owner=owner, role=server.role, option=option)
            yield self.error("the server of green", message, fix)
