"""Try a table's change for real, on an empty copy, in one transaction that is rolled back.

The copy is made by the very function that will make the shadow table, so what fails there fails here first. The
live table is only read (ACCESS SHARE); foreign keys are tried against empty copies of their parents.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.errors import CutoverError
from cutover.postgres.preflight import altersql, dependents, newkeys, sample, upsql
from cutover.postgres.preflight.session import WAITED, problem, undone
from cutover.postgres.preflight.trial import Expression, Filling, Mended, NewConstraint, Problem, Trial

if TYPE_CHECKING:
    from cutover.postgres.online.design import Design
    from cutover.postgres.online.names import Names
    from cutover.postgres.preflight.facts import Facts, Table


# Rows may be wide: a sample of them is never more than this.
BUDGET = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy within the transaction: its names, the engine's design for it, and how many rows to try."""

    names: Names
    design: Design
    rows: int


def rehearse(db: psycopg.Connection[Any], facts: Facts, table: Table) -> Trial:
    """Return what came of it; never raises for what the spec or the table did wrong."""
    reason = _unfit(facts, table)
    if reason:
        return Trial(skipped=reason)
    alter = table.spec.alter_sql or ""
    reading = altersql.read(alter, table.label, [key.name for key in table.foreign_keys if not key.incoming])
    if reading.refusals:
        return Trial(skipped="alter cannot be tried as it is", refusals=reading.refusals)
    if reading.names_a_key:
        return Trial(skipped="a foreign key has the name of something in alter:, so trying it would lock its parent")
    try:
        with undone(db, lock_wait=facts.limits.lock_wait, read_only=False):
            return _try(db, facts, table, reading, alter)
    except WAITED as error:
        return Trial(skipped=f"the table could not be read in time ({problem(error).message})")


def _unfit(facts: Facts, table: Table) -> str | None:
    """Why there is no sense in trying; other rules report each of these as what it is."""
    server, relation = facts.server, table.relation
    reasons = (
        (not table.ordinary or not table.looked_at, "the table could not be looked at"),
        (relation.persistence != "p" or bool(relation.parents or relation.children), "the table is refused anyway"),
        (table.key is None, "the table has no usable key"),
        (table.key is not None and not table.key.default_order, "its key is not indexed in its own order"),
        (server.in_recovery or server.read_only, "the server takes no writes"),
        (not server.creates_schemas, "the role may not create schemas"),
        (
            not relation.owned or not relation.becomes_owner or not relation.schema_usage,
            "the role does not own the table",
        ),
        (not all(column.type_usable for column in table.columns), "the role may not use all of its types"),
        (relation.policies_forced and not server.bypasses_policies, "row level security is forced for the role"),
    )
    return next((text for unfit, text in reasons if unfit), None)


def _try(db: psycopg.Connection[Any], facts: Facts, table: Table, reading: altersql.Reading, alter: str) -> Trial:
    from cutover.postgres.online import shadow  # the engine's package imports preflight in turn
    from cutover.postgres.online.names import Names

    # The session's own pid as number: no other session tries under the same name, and no run has it.
    names = Names(-db.info.backend_pid, 1, table.relation.schema, table.relation.name)
    up = upsql.run_harmless(db, facts.spec)
    trial = Trial(skipped=None, up_problem=up.problem)
    wish = shadow.Wish(reading.runnable, dict(table.spec.columns), dict(table.spec.reverse), table.spec.key)
    assert table.relation.oid is not None
    try:
        with db.transaction():
            _, design = shadow.create(db, names, table.relation.oid, wish)
    except WAITED:
        raise
    except shadow.AlterFailed as error:
        return _alter_failed(trial, error, alter if reading.exact else None, up.left_out)
    except CutoverError as error:
        return replace(trial, mapping_problem=Mended(error.what, error.fix))
    except psycopg.Error as error:
        return replace(trial, build_problem=problem(error))
    return _look(
        db, facts, table, Copy(names, design, table.rows_within(BUDGET, facts.limits.sample_rows)), (trial, reading)
    )


def _alter_failed(trial: Trial, error: CutoverError, text: str | None, left_out: int) -> Trial:
    cause = error.__cause__
    if not isinstance(cause, psycopg.Error):
        return replace(trial, mapping_problem=Mended(error.what, error.fix))
    position = cause.diag.statement_position
    where = altersql.place(text, int(position) - 1) if text and position else None
    found = problem(cause, where)
    if left_out:
        note = (
            f"{left_out} statement(s) of schema: up: were not tried before it, because they touch more than new objects"
        )
        found = replace(found, detail="; ".join(filter(None, (found.detail, note))))
    return replace(trial, alter_problem=found)


def _look(
    db: psycopg.Connection[Any], facts: Facts, table: Table, copy: Copy, done: tuple[Trial, altersql.Reading]
) -> Trial:
    trial, reading = done
    trial = replace(
        trial,
        forward=tuple(_filling(pair) for pair in copy.design.forward),
        reverse=tuple(_filling(pair) for pair in copy.design.reverse),
        key=tuple(copy.design.shadow_key.columns),
        shadow_columns=_columns(db, copy.names),
        new_constraints=_new_constraints(db, table, copy),
    )
    sample.make_back(db, copy)
    trial = replace(trial, expression_problems=tuple(_type_errors(db, copy)))
    if not trial.expression_problems:
        trial = sample.there_and_back(db, table, copy, trial)
    trial = replace(trial, new_parents=newkeys.parents(db, copy, reading.added_keys))
    if not trial.expression_problems and not trial.misfit:
        trial = replace(trial, alter_problem=newkeys.try_all(db, copy, reading.added_keys))
    return replace(trial, followers=dependents.try_all(db, table, copy))


def _filling(pair: Any) -> Filling:
    return Filling(pair.column, pair.type, pair.kind, pair.source, pair.source_type, pair.default)


def _columns(db: psycopg.Connection[Any], names: Names) -> tuple[str, ...]:
    found = db.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(names.shadow)).description
    return tuple(column.name for column in found or ())


def _new_constraints(db: psycopg.Connection[Any], table: Table, copy: Copy) -> tuple[NewConstraint, ...]:
    """What alter adds that rows may violate: indexes as the design has them (the copy has none left), and checks."""
    indexes = {index.name for index in table.indexes}
    found = [
        NewConstraint(index["name"], _without_schema(index["constraint_definition"] or index["definition"], copy.names))
        for index in copy.design.indexes
        if (index["unique"] or index["constraint_type"] == "x") and index["name"] not in indexes
    ]
    known = {constraint.name for constraint in table.constraints}
    rows = db.execute(sqlfiles.text("preflight/checks").encode(), (copy.names.new_schema, copy.names.table))
    return (*found, *(NewConstraint(name, definition) for name, definition in rows if name not in known))


def _without_schema(definition: str, names: Names) -> str:
    """The copy's schema is nobody's business."""
    return definition.replace(sql.Identifier(names.new_schema).as_string(None) + ".", "")


def _type_errors(db: psycopg.Connection[Any], copy: Copy) -> list[tuple[Expression, Problem]]:
    """EXPLAIN judges types and names without running anything, and an INSERT judges them as the copy will."""
    from cutover.postgres.online import rows

    found = []
    sides = (
        ("columns", copy.design.forward, copy.names.shadow, copy.names.live),
        ("reverse", copy.design.reverse, sample.back(copy.names), copy.names.shadow),
    )
    for side, pairs, target, source in sides:
        for pair in pairs:
            if pair.kind not in ("cast", "expression"):
                continue
            statement = sql.SQL("EXPLAIN INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} AS {}").format(
                target, sql.Identifier(pair.column), pair.value(), source, sql.Identifier(copy.names.table)
            )
            try:
                with db.transaction():
                    db.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.SQL(rows.path(copy.names))))  # type: ignore[arg-type]
                    db.execute(statement)
            except WAITED:
                raise
            except psycopg.Error as error:
                found.append((Expression(side, pair.column, pair.source or ""), problem(error)))
    return found
