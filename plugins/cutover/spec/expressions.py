"""Check a column's expression: exactly one, over the row alone, the same answer every time.

Backfill, capture and row diff each compute it on their own; what depends on more than the row would differ.
"""

from __future__ import annotations

from typing import Any

import postgast

from cutover.spec.sqltree import Fault, SqlFault, kind_of, nodes, statements


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CHANGING = _words(
    "now clock_timestamp statement_timestamp transaction_timestamp timeofday random random_normal gen_random_uuid "
    "uuidv4 uuidv7 uuid_generate_v1 uuid_generate_v4 nextval currval lastval setval txid_current "
    "pg_current_xact_id pg_backend_pid pg_current_wal_lsn inet_client_addr pg_sleep set_config current_setting"
)
_AGGREGATES = _words(
    "count sum avg min max array_agg string_agg json_agg jsonb_agg json_object_agg jsonb_object_agg xmlagg "
    "bool_and bool_or every bit_and bit_or bit_xor stddev variance any_value"
)
_SETS = _words(
    "generate_series generate_subscripts unnest json_array_elements jsonb_array_elements json_array_elements_text "
    "jsonb_array_elements_text json_each jsonb_each json_each_text jsonb_each_text json_object_keys "
    "jsonb_object_keys regexp_matches regexp_split_to_table string_to_table json_populate_recordset "
    "jsonb_populate_recordset jsonb_path_query"
)
_ROW_ALONE = "use only the row's own columns, constants and functions of them"
pb = postgast.pg_query_pb2
_CLAUSES = frozenset({"target_list", "limit_option", "op"})


def changing(node: Any) -> str | None:
    """Return what of a node gives another answer each time (``"now()"``), if it is such a thing."""
    if kind_of(node) == "SQLValueFunction":
        return "the current time, user or schema"
    if kind_of(node) != "FuncCall":
        return None
    name = _builtin(node)
    return f"{name}()" if name in _CHANGING else None


def faults(expression: str) -> list[Fault]:
    """Return what is wrong with ``expression``; nothing when it can stand for a column."""
    if not expression.strip():
        return [Fault("the expression is empty", "write SQL such as upper(name)")]
    try:
        # The line break keeps a trailing comment from swallowing the parenthesis.
        target = _only_target(f"SELECT (\n{expression}\n)")
        # Without parentheses, so that "1) + (2" is not taken for one expression.
        _only_target(f"SELECT\n{expression}\n")
    except SqlFault as error:
        return [error.fault]
    if target.HasField("row_expr") and target.row_expr.row_format != pb.COERCE_EXPLICIT_CALL:
        return [Fault("more than one expression", "write one; a composite value is ROW(...)")]
    found = {fault.message: fault for node in nodes(target) if (fault := _fault(node))}
    return list(found.values())


def _only_target(sql: str) -> Any:
    try:
        parsed = statements(sql)
    except SqlFault as error:
        line = max((error.fault.line or 1) - 1, 1)
        raise SqlFault(Fault(error.fault.message, "write one SQL expression", line)) from None
    if len(parsed) != 1 or parsed[0].kind != "select_stmt":
        if len(parsed) == 1 and parsed[0].node is None:
            raise SqlFault(
                Fault("the expression is nested too deeply to be checked", "use concat(), CASE or a function")
            )
        raise SqlFault(Fault("more than one statement", "write one SQL expression"))
    select = parsed[0].node
    more = {f.name for f, _ in select.ListFields()} - _CLAUSES
    if more or len(select.target_list) != 1 or select.target_list[0].res_target.name:
        raise SqlFault(Fault("not exactly one expression", "write one SQL expression, without SELECT, FROM or AS"))
    return select.target_list[0].res_target.val


def _fault(node: Any) -> Fault | None:
    kind = kind_of(node)
    if kind == "FuncCall":
        return _function(node)
    if kind == "ColumnRef":
        return _column(node)
    return {
        "SubLink": Fault("a subquery looks at other rows, whose changes are not followed", _ROW_ALONE),
        "SQLValueFunction": Fault("the current time, user or schema differs from call to call", _ROW_ALONE),
        "ParamRef": Fault("there are no parameters here", _ROW_ALONE),
        "SetToDefault": Fault("DEFAULT is no expression over the row", "leave the column out: it gets its default"),
        "GroupingFunc": Fault("an aggregate looks at other rows", _ROW_ALONE),
    }.get(kind)


def _column(node: Any) -> Fault | None:
    if any(kind_of(field) == "A_Star" or field.WhichOneof("node") == "a_star" for field in node.fields):
        return Fault("* is no single value", "name the column")
    if len(node.fields) > 1:
        parts = [field.string.sval for field in node.fields]
        return Fault(f"{'.'.join(parts)} is qualified", f"write {parts[-1]}; the row has no name here")
    return None


def _function(node: Any) -> Fault | None:
    parts = [part.string.sval for part in node.funcname]
    name = _builtin(node)
    if node.HasField("over"):
        return Fault(f"{parts[-1]}() OVER looks at other rows", _ROW_ALONE)
    if node.agg_star or node.agg_distinct or node.agg_within_group or node.agg_order or node.HasField("agg_filter"):
        return Fault(f"the aggregate {parts[-1]}() looks at other rows", _ROW_ALONE)
    if name in _AGGREGATES:
        return Fault(f"the aggregate {name}() looks at other rows", _ROW_ALONE)
    if name in _CHANGING:
        return Fault(f"{name}() gives another answer each time", f"{_ROW_ALONE}; for new rows set a DEFAULT in alter")
    if name in _SETS:
        return Fault(f"{name}() returns a set", "return one value, such as an array")
    return None


def _builtin(node: Any) -> str:
    """The name of the server's own function that is called; empty for one of another schema."""
    parts = [part.string.sval for part in node.funcname]
    return parts[-1] if len(parts) == 1 or parts[0] == "pg_catalog" else ""
