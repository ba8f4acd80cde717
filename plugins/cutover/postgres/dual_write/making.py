"""The tables and functions that derive one shape from the other; the triggers come last, see ``arming``."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db
from cutover.postgres.dual_write.names import EVENTS, SCHEMA, Names
from cutover.postgres.dual_write.shape import Shape

PENDING = "INSERT INTO {} VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;"
GONE = "IF {first} IS NOT NULL AND cutover_shapes > 1 THEN PERFORM {derive}({variables}, 'gone'); END IF;"
PUT = "IF {first} IS NOT NULL THEN PERFORM {derive}({variables}, {part}); END IF;"
PART = sql.SQL("CASE WHEN cutover_shapes > 1 THEN 'put' ELSE 'all' END")
NO_ARGUMENTS = sql.SQL("")
# What the triggers of an event see: rows as they were, and as they are.
SEEN = {"insert": ("cutover_new",), "update": ("cutover_old", "cutover_new"), "delete": ("cutover_old",)}


def make(db: Db, names: Names, shapes: Sequence[Shape], *, at_once: bool) -> None:
    """Create everything in one transaction; what is there already stays, functions are made anew.

    :param at_once: what a transaction touches is derived before its COMMIT; otherwise its keys are noted for
        :func:`filling.drain`.
    """
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(hashtextextended('cutover.dual', 0))")
        db.execute(sqlfiles.text("dual_write/state").encode())
        for place, shape in enumerate(shapes, 1):
            db.execute(_tables(names, place, shape))
            db.execute(_derive(names, place, shape))
            _private(db, names.own("derive", place), sql.SQL(", ").join([*map(_array, shape.types), sql.SQL("text")]))
        if at_once:
            _settling(db, names, shapes)
        for number, origin in enumerate(origins(shapes), 1):
            for event in EVENTS:
                function = names.own(f"on_{event}", number)
                db.execute(_capture(names, shapes, origin, event, function, at_once=at_once))
                _private(db, function)


def origins(shapes: Sequence[Shape]) -> list[tuple[str, str]]:
    """Return the tables that shapes are made from, in an order in which locks can be taken."""
    return sorted({origin for shape in shapes for origin in shape.origins})


def unmake(db: Db, names: Names) -> None:
    """Drop everything of one direction; the triggers must be gone. Idempotent."""
    like = f"%\\_{names.number}\\_{names.direction}%"
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(hashtextextended('cutover.dual', 0))")
        for kind, drop in (("r", "TABLE"), ("f", "FUNCTION")):
            for (name,) in db.execute(sqlfiles.text(f"dual_write/own_{kind}").encode(), {"like": like}).fetchall():
                db.execute(sql.SQL(f"DROP {drop} IF EXISTS ") + sql.SQL(name))  # type: ignore[arg-type]  # quoted by the server


def _tables(names: Names, place: int, shape: Shape) -> sql.Composed:
    return sqlfiles.compose(
        "dual_write/tables",
        touched=names.own("touched", place),
        touched_index=sql.Identifier(names.plain("touched_by", place)),
        coming=names.own("coming", place),
        coming_index=sql.Identifier(names.plain("coming_key", place)),
        keys=shape.names(),
        table=shape.table,
    )


def _derive(names: Names, place: int, shape: Shape) -> sql.Composed:
    arrays = sql.SQL(", ").join(sql.SQL(f"${number}") for number in range(1, len(shape.key) + 1))  # type: ignore[arg-type]
    return sqlfiles.compose(
        "dual_write/derive",
        function=names.own("derive", place),
        arguments=sql.SQL(", ").join(map(_array, shape.types)),
        table=shape.table,
        coming=names.own("coming", place),
        wanted=sql.SQL("unnest({}) AS w ({})").format(arrays, shape.names()),
        rows=shape.query,
        keys=shape.names(),
        t_keys=shape.names("t"),
        w_keys=shape.names("w"),
        q_keys=shape.names("q"),
        t_is_w=shape.same("t", "w"),
        q_is_w=shape.same("q", "w"),
        columns=sql.SQL(", ").join(map(sql.Identifier, shape.columns)),
        q_columns=sql.SQL(", ").join(sql.Identifier("q", name) for name in shape.columns),
        on_conflict=_on_conflict(shape),
    )


def _on_conflict(shape: Shape) -> sql.Composable:
    """Change what is different, told by the values' text: types without equality are compared, and 1.0 is not 1.00."""
    rest = [name for name in shape.columns if name not in shape.key]
    if not rest:
        return sql.SQL("DO NOTHING")
    sets = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in rest)
    old, new = (sql.SQL(", ").join(sql.Identifier(alias, name) for name in rest) for alias in ("t", "excluded"))
    return sql.SQL("DO UPDATE SET {} WHERE ROW({})::text IS DISTINCT FROM ROW({})::text").format(sets, old, new)


def _settling(db: Db, names: Names, shapes: Sequence[Shape]) -> None:
    pending, settle = names.own("pending"), names.own("settle")
    mine = [
        [sql.Identifier(f"k{place}_{number}") for number in range(1, len(shape.key) + 1)]
        for place, shape in enumerate(shapes, 1)
    ]
    variables = [
        sql.SQL("{} {};").format(variable, _array(kind))
        for own, shape in zip(mine, shapes, strict=True)
        for variable, kind in zip(own, shape.types, strict=True)
    ]
    gather = [_gather(names, place, shape, mine[place - 1]) for place, shape in enumerate(shapes, 1)]
    places = range(1, len(shapes) + 1)
    calls = [(GONE, place) for place in reversed(places)] + [(PUT, place) for place in places]
    derive = [
        sql.SQL(call).format(
            first=mine[place - 1][0],
            derive=names.own("derive", place),
            variables=sql.SQL(", ").join(mine[place - 1]),
            part=PART,
        )
        for call, place in calls
    ]
    touched = [sql.SQL(" + ").join(sql.SQL("({} IS NOT NULL)::int").format(own[0]) for own in mine)]
    parts = {"variables": variables, "gather": gather, "derive": derive, "touched": touched}
    joined = {name: sql.SQL("\n    ").join(lines) for name, lines in parts.items()}
    db.execute(sqlfiles.compose("dual_write/settle", function=settle, pending=pending, **joined))
    _private(db, settle)
    row = db.execute("SELECT to_regclass(%s) IS NULL", (f"{SCHEMA}.{names.plain('pending')}",)).fetchone()
    if row and row[0]:
        db.execute(sqlfiles.compose("dual_write/pending", pending=pending, settle=settle))


def in_order(count: int) -> list[tuple[str, list[int]]]:
    """In which parts, and in which order of shapes, keys of several shapes are derived together."""
    places = list(range(1, count + 1))
    return [("all", places)] if count == 1 else [("gone", places[::-1]), ("put", places)]


def _gather(names: Names, place: int, shape: Shape, variables: Sequence[sql.Identifier]) -> sql.Composed:
    return sqlfiles.compose(
        "dual_write/gather",
        touched=names.own("touched", place),
        keys=shape.names(),
        gathered=sql.SQL(", ").join(sql.SQL("array_agg({})").format(sql.Identifier(k)) for k in shape.key),
        variables=sql.SQL(", ").join(variables),
        not_null=sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(sql.Identifier(k)) for k in shape.key),
    )


def _capture(
    names: Names,
    shapes: Sequence[Shape],
    origin: tuple[str, str],
    event: str,
    function: sql.Identifier,
    *,
    at_once: bool,
) -> sql.Composed:
    notes: list[sql.Composable] = []
    for place, shape in enumerate(shapes, 1):
        if origin not in shape.origins:
            continue
        common = {"touched": names.own("touched", place), "keys": shape.names()}
        if event == "truncate":
            notes.append(sqlfiles.compose("dual_write/note_all", table=shape.table, **common))
        for seen in SEEN.get(event, ()):
            query = sql.SQL(shape.origins[origin].strip().rstrip(";"))  # type: ignore[arg-type]  # the spec's own SQL
            notes.append(sqlfiles.compose("dual_write/note", rows=sql.Identifier(seen), origin=query, **common))
    pending = sql.SQL(PENDING).format(names.own("pending"))
    return sqlfiles.compose(
        "dual_write/capture",
        function=function,
        notes=sql.SQL("\n    ").join(notes),
        pending=pending if at_once else sql.SQL(""),
    )


def _array(kind: str) -> sql.SQL:
    return sql.SQL(f"{kind}[]")  # type: ignore[arg-type]  # as the server writes it


def _private(db: Db, function: sql.Identifier, arguments: sql.Composable = NO_ARGUMENTS) -> None:
    db.execute(sql.SQL("REVOKE ALL ON FUNCTION {}({}) FROM PUBLIC").format(function, arguments))
