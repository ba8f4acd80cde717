"""Send a sample of live rows to the copy and back again: what does not fit, and what comes back changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.preflight.session import WAITED, problem
from cutover.postgres.preflight.trial import Loss, Misfit, Problem, Trial

if TYPE_CHECKING:
    from cutover.postgres.online.names import Names
    from cutover.postgres.preflight.facts import Table
    from cutover.postgres.preflight.rehearsal import Copy


def back(names: Names) -> sql.Identifier:
    """An empty twin of the original, for the way back."""
    return sql.Identifier(names.new_schema, "cutover_back")


def _sample(names: Names) -> sql.Identifier:
    return sql.Identifier(names.new_schema, "cutover_sample")


def make_back(db: psycopg.Connection[Any], copy: Copy) -> None:
    """Create the twin; columns that the way back leaves alone may be empty in it."""
    db.execute(sql.SQL("CREATE TABLE {} (LIKE {})").format(back(copy.names), copy.names.live))
    for pair in copy.design.reverse:
        if pair.kind == "keep":
            db.execute(
                sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL").format(
                    back(copy.names), sql.Identifier(pair.column)
                )
            )


def there_and_back(db: psycopg.Connection[Any], table: Table, copy: Copy, trial: Trial) -> Trial:
    """Return the trial with what the sample showed."""
    reason = _burns_a_sequence(copy)
    if reason:
        return replace(trial, sample_skipped=reason, misfit=_unique(db, copy))
    try:
        with db.transaction():
            taken = _take(db, table, copy)
    except WAITED:
        raise
    except psycopg.Error as error:
        reason = f"the live table cannot be read: {problem(error)}"
        return replace(trial, sample_skipped=reason, misfit=_unique(db, copy))
    trial = replace(trial, sampled=taken)
    misfit = _there(db, copy, taken) or _unique(db, copy)
    if misfit:
        return replace(trial, misfit=misfit)
    way_back = _first_refused(db, copy, taken, lambda up_to: _put_back(db, copy, up_to))
    if way_back:
        return replace(trial, way_back=way_back)
    return replace(trial, losses=tuple(_losses(db, copy)))


def _burns_a_sequence(copy: Copy) -> str | None:
    """A default that draws from a live sequence would move it, and nothing undoes that."""
    own = rf"nextval\('\"?{re.escape(copy.names.new_schema)}"
    for pair in copy.design.forward:
        default = pair.default or ""
        if pair.kind == "default" and "nextval(" in default and not re.search(own, default):
            return f"the default of {pair.column} draws from a sequence that is in use"
    return None


def _take(db: psycopg.Connection[Any], table: Table, copy: Copy) -> int:
    half = max(2, copy.rows // 2)
    rows = table.relation.rows_estimated or 0
    percent = min(100.0, 100.0 * 2 * half / rows) if rows > 0 else 100.0
    key = copy.design.original_key
    statement = sqlfiles.compose(
        "preflight/sample",
        sample=_sample(copy.names),
        live=copy.names.live,
        key=key.names(),
        key_descending=sql.SQL(", ").join(sql.SQL("{} DESC").format(sql.Identifier(name)) for name in key.columns),
        quarter=sql.Literal(half // 2),
        half=sql.Literal(half),
        percent=sql.Literal(round(percent, 6)),
    )
    return db.execute(statement).rowcount


def _there(db: psycopg.Connection[Any], copy: Copy, taken: int) -> Misfit | None:
    from cutover.postgres.online import rows

    def put(up_to: int) -> None:
        db.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.SQL(rows.path(copy.names))))  # type: ignore[arg-type]
        db.execute(
            sqlfiles.compose(
                "preflight/sample_put",
                target=copy.names.shadow,
                columns=rows.columns(copy.design.forward),
                values=rows.values(copy.design.forward),
                source=_sample(copy.names),
                alias=sql.Identifier(copy.names.table),
                up_to=sql.Literal(up_to),
            )
        )

    return _first_refused(db, copy, taken, put)


def _put_back(db: psycopg.Connection[Any], copy: Copy, up_to: int) -> None:
    from cutover.postgres.online import rows

    db.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.SQL(rows.path(copy.names))))  # type: ignore[arg-type]
    db.execute(
        sqlfiles.compose(
            "preflight/sample_back",
            target=back(copy.names),
            columns=rows.columns(copy.design.reverse),
            values=rows.values(copy.design.reverse),
            source=copy.names.shadow,
            alias=sql.Identifier(copy.names.table),
            sample=_sample(copy.names),
            ks=copy.design.original_key.as_k(),
            up_to=sql.Literal(up_to),
            match=copy.design.shadow_key.equals_k(copy.names.table, "cutover_s", copy.design.original_key.types),
        )
    )


def _first_refused(db: psycopg.Connection[Any], copy: Copy, taken: int, put: Callable[[int], None]) -> Misfit | None:
    """Put all rows; where that fails, find the first that is refused by halving."""
    failure = _attempt(db, put, taken, keep=True)
    if failure is None:
        return None
    good, bad = 0, taken
    while bad - good > 1:
        middle = (good + bad) // 2
        found = _attempt(db, put, middle, keep=False)
        good, bad, failure = (good, middle, found) if found else (middle, bad, failure)
    texts = _key_texts(copy, None)
    row = db.execute(
        sql.SQL("SELECT ARRAY[{}] FROM {} WHERE cutover_n = {}").format(texts, _sample(copy.names), sql.Literal(bad))
    ).fetchone()
    return Misfit(_shown(copy, row[0]) if row else None, failure)


def _attempt(db: psycopg.Connection[Any], put: Callable[[int], None], up_to: int, *, keep: bool) -> Problem | None:
    try:
        with db.transaction(force_rollback=not keep):
            put(up_to)
    except WAITED:
        raise
    except psycopg.Error as error:
        return problem(error)
    return None


def _unique(db: psycopg.Connection[Any], copy: Copy) -> Misfit | None:
    """Build the copy's indexes over the sample: duplicates show, and self-referring keys can be tried."""
    from cutover.postgres.online import shadow

    for index in copy.design.indexes:
        try:
            with db.transaction():
                schemas = map(sql.Identifier, (copy.names.new_schema, copy.names.schema))
                db.execute(sql.SQL("SET LOCAL search_path = {}, {}, public").format(*schemas))
                shadow.build_index(db, copy.names.shadow, index)
        except WAITED:
            raise
        except psycopg.Error as error:
            return Misfit(None, problem(error, index["name"]))
    return None


def _losses(db: psycopg.Connection[Any], copy: Copy) -> list[Loss]:
    found = []
    key = copy.design.original_key
    copied = {pair.source for pair in copy.design.forward if pair.kind == "copy"}
    for pair in copy.design.reverse:
        if pair.kind == "keep" or (pair.kind == "copy" and pair.column in copied):
            continue
        row = db.execute(
            sqlfiles.compose(
                "preflight/sample_loss",
                key_texts=_key_texts(copy, "s"),
                column=sql.Identifier(pair.column),
                sample=_sample(copy.names),
                back=back(copy.names),
                match=sql.SQL(" AND ").join(
                    sql.SQL("s.{0} = b.{0}").format(sql.Identifier(name)) for name in key.columns
                ),
            )
        ).fetchone()
        if row:
            found.append(Loss(pair.column, _shown(copy, row[0]), row[1], row[2]))
    return found


def _key_texts(copy: Copy, prefix: str | None) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{}::text").format(sql.Identifier(*([prefix] if prefix else []), name))
        for name in copy.design.original_key.columns
    )


def _shown(copy: Copy, values: list[str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in zip(copy.design.original_key.columns, values, strict=True))
