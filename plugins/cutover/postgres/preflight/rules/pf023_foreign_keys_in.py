"""PF023: foreign keys of other tables to this one."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.records import ForeignKey
from cutover.postgres.preflight.rule import TableRule, mending


class ForeignKeysIn(TableRule):
    code = "PF023"
    title = "Foreign keys of other tables to it"
    severities = ("error", "info")
    why = (
        "They refer to the old table by oid. The swap drops them and adds them NOT VALID to the new table, with"
        " the referring table locked for that moment; validation follows at once and disturbs nobody. Before"
        " PostgreSQL 18 a partitioned table cannot have a NOT VALID foreign key, so its rows would have to be"
        " checked under the lock."
    )
    mend = "ALTER TABLE public.items DROP CONSTRAINT items_lead_id_fkey; -- add it again after the swap"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for key in table.foreign_keys:
            if key.incoming:
                yield self._of(table, key, facts)

    def _of(self, table: Table, key: ForeignKey, facts: Facts) -> Finding:
        child = f"{key.child_schema}.{key.child}"
        if key.child_kind == "p" and facts.server.major < 18:
            fix = mending("ALTER TABLE {t} DROP CONSTRAINT {c};", t=(key.child_schema, key.child), c=key.name)
            message = (
                f"{child} is partitioned, and before PostgreSQL 18 such a key to {table.label} cannot be added"
                " NOT VALID."
            )
            return self.error(f"{child}.{key.name}", message, f"{fix} -- add it again after the swap")
        message = (
            f"{child} refers to {table.label}: the swap locks it, adds the key NOT VALID, and it is validated after."
        )
        return self.info(f"{child}.{key.name}", message)
