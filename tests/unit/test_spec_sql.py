"""Expressions and ``alter.sql``: what may be written, and what would reach further than it may."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cutover.spec import alterations, expressions
from cutover.spec.sqltree import SqlFault, statements

DEEP = " || ".join(["a"] * 80)


@pytest.mark.parametrize(
    "expression",
    [
        "'{}'::jsonb",
        "status = 'ACTIVE'",
        "upper(name)",
        'upper("Unit Price")',
        "a -- a trailing comment",
        "/* why */ a",
        "a\n  + b",
        "CASE WHEN a > 0 THEN 'x' ELSE 'y;(' END",
        "NULL",
        "(coalesce(a, b))[1]",
        "(a, b) = (1, 2)",
        "(a, b) IN ((1, 2), (3, 4))",
        "(address).city",
        "ROW(a, b)::addr",
        "ARRAY[a, b]",
        "a AT TIME ZONE 'UTC'",
        'a COLLATE "C"',
        "price::numeric(12,4)",
        "(a + b) * (c)",
        "myschema.now(a)",
        "greatest(a, b)",
        "'it''s; fine'",
        "$$a; b$$",
        "concat(" + ", ".join(["a"] * 80) + ")",
    ],
)
def test_expressions_over_the_row_are_fine(expression: str) -> None:
    assert expressions.faults(expression) == []


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("-- nothing", "no valid SQL"),
        ("a b c", "no valid SQL"),
        ("a; DROP TABLE leads", "no valid SQL"),
        ("a); DROP TABLE leads; SELECT (1", "more than one statement"),
        ("1) FROM pg_authid WHERE (true", "not exactly one expression"),
        ("1), (2", "not exactly one expression"),
        ("1) UNION SELECT (2", "not exactly one expression"),
        ("1) ORDER BY (2", "not exactly one expression"),
        ("1) AS x --", "no valid SQL"),
        ("1) + (2", "no valid SQL"),
        ("1 AS x", "no valid SQL"),
        ("a, b", "not exactly one expression"),
        ("(a, b)", "more than one expression"),
        ("*", "no valid SQL"),
        ("leads.*", "* is no single value"),
        ("leads.status", "leads.status is qualified"),
        ("(SELECT max(id) FROM leads)", "a subquery"),
        ("id IN (SELECT 1)", "a subquery"),
        ("EXISTS (SELECT 1)", "a subquery"),
        ("ARRAY(SELECT 1)", "a subquery"),
        ("SELECT 1", "no valid SQL"),
        ("VALUES (1)", "no valid SQL"),
        ("$1", "no parameters"),
        ("%s", "no valid SQL"),
        ("DEFAULT", "DEFAULT is no expression"),
        ("now()", "now() gives another answer each time"),
        ("coalesce(a, now())", "now() gives another answer each time"),
        ("pg_catalog.now()", "now() gives another answer each time"),
        ("NOW()", "now() gives another answer each time"),
        ("CURRENT_TIMESTAMP", "differs from call to call"),
        ("current_user", "differs from call to call"),
        ("random()", "random() gives another answer"),
        ("nextval('s')", "nextval() gives another answer"),
        ("gen_random_uuid()", "gen_random_uuid() gives another answer"),
        ("count(*)", "the aggregate count() looks at other rows"),
        ("sum(a)", "the aggregate sum() looks at other rows"),
        ("my_agg(DISTINCT a)", "the aggregate my_agg() looks at other rows"),
        ("my_agg(a) FILTER (WHERE b)", "the aggregate my_agg() looks at other rows"),
        ("my_agg(a ORDER BY b)", "the aggregate my_agg() looks at other rows"),
        ("row_number() OVER ()", "row_number() OVER looks at other rows"),
        ("unnest(tags)", "unnest() returns a set"),
        ("generate_series(1, a)", "generate_series() returns a set"),
        ("set_config('role', 'x', false)", "set_config() gives another answer"),
        (DEEP, "nested too deeply"),
        ("(" * 200_000, "no valid SQL"),
    ],
)
def test_expressions_that_reach_further_are_refused(expression: str, message: str) -> None:
    found = expressions.faults(expression)
    assert found
    assert message in found[0].message
    assert found[0].fix


def test_every_reason_of_an_expression_is_named() -> None:
    found = expressions.faults("now() + leads.a - random() - random()")
    assert [f.message.split()[0] for f in found] == ["now()", "leads.a", "random()"]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="a1'\"(),;-*/ \n$SELECTFROM.:[]\\", max_size=40))
@example("1)\n,(2")
@example("a)--\n;(b")
@example("'")
@example("$$")
@example("/*")
def test_an_accepted_expression_stays_one_expression_wherever_it_is_put(text: str) -> None:
    """Put among others, as the engine does, it must be one target of one SELECT and end where it ends."""
    if expressions.faults(text):
        return
    (statement,) = statements(f"SELECT 'before', (\n{text}\n), 'after' FROM t WHERE true")
    assert statement.kind == "select_stmt"
    targets = statement.node.target_list
    assert len(targets) == 3
    assert targets[2].res_target.val.a_const.sval.sval == "after"
    assert len(statement.node.from_clause) == 1
    assert statement.node.HasField("where_clause")


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE leads ADD COLUMN a int, DROP COLUMN b, ALTER COLUMN c TYPE bigint USING c::bigint",
        "ALTER TABLE ONLY leads ADD CONSTRAINT x CHECK (a > 0);",
        "ALTER TABLE IF EXISTS leads ADD UNIQUE (a)",
        'ALTER TABLE "leads" ADD FOREIGN KEY (a) REFERENCES crm.people',
        "ALTER TABLE LEADS ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE leads RENAME a TO b",
        "ALTER TABLE leads RENAME CONSTRAINT a TO b",
        "CREATE UNIQUE INDEX ON leads (lower(email)) WHERE a > 0",
        "CREATE STATISTICS s (dependencies) ON a, b FROM leads",
        "COMMENT ON TABLE leads IS 'x'",
        "COMMENT ON COLUMN leads.a IS NULL",
        "COMMENT ON CONSTRAINT x ON leads IS 'x'",
        "COMMENT ON INDEX leads_idx IS 'x'",
        "COMMENT ON STATISTICS s IS 'x'",
        "-- first\nALTER TABLE leads ADD a int;\n/* then */ ALTER TABLE leads ADD b int;;",
    ],
)
def test_alterations_of_the_own_table_are_fine(sql: str) -> None:
    assert alterations.faults(sql, "public.leads") == []


@pytest.mark.parametrize(
    ("sql", "line", "message"),
    [
        ("", None, "the file has no statement"),
        ("ALTER TABEL leads ADD a int", 1, 'syntax error at or near "TABEL"'),
        ("\nALTER TABLE public.leads ADD a int", 2, "public.leads is qualified: that is the live table"),
        ("ALTER TABLE shop.public.leads ADD a int", 1, "is qualified"),
        ("ALTER TABLE lead ADD a int", 1, "lead is not the table of this spec"),
        ("ALTER TABLE crm.leads2 ADD a int", 1, "crm.leads2 is not the table of this spec"),
        ("ALTER TABLE leads RENAME TO leads2", 1, "the table keeps its name"),
        ("ALTER TABLE public.leads RENAME a TO b", 1, "is qualified"),
        ("ALTER TABLE leads SET SCHEMA crm", 1, "SET SCHEMA would move the table"),
        ("ALTER TABLE leads OWNER TO bob", 1, "OWNER TO would change"),
        ("ALTER TABLE leads SET UNLOGGED", 1, "SET UNLOGGED would lose"),
        ("ALTER TABLE leads INHERIT parent", 1, "INHERIT is not possible"),
        ("ALTER TABLE leads ATTACH PARTITION p DEFAULT", 1, "ATTACH PARTITION is not possible"),
        ("ALTER INDEX leads_idx RENAME TO x", 1, "RENAME of something else"),
        ("ALTER VIEW leads RENAME COLUMN a TO b", 1, "RENAME of something else"),
        ("ALTER VIEW leads ALTER a SET DEFAULT 1", 1, "only ALTER TABLE"),
        ("DROP TABLE leads", 1, "DROP is not possible here"),
        ("DROP INDEX leads_idx", 1, "DROP is not possible here"),
        ("TRUNCATE leads", 1, "truncate: only ALTER TABLE"),
        ("UPDATE leads SET a = 1", 1, "update: only ALTER TABLE"),
        ("SELECT 1", 1, "select: only ALTER TABLE"),
        ("SET search_path = public", 1, "variable set: only ALTER TABLE"),
        ("DO $$ BEGIN END $$", 1, "do: only ALTER TABLE"),
        ("BEGIN", 1, "transaction control is not possible here"),
        ("ALTER TABLE leads ADD a int;\nCOMMIT", 2, "transaction control is not possible here"),
        ("CREATE INDEX CONCURRENTLY ON leads (a)", 1, "CONCURRENTLY is needless"),
        ("CREATE INDEX ON public.leads (a)", 1, "is qualified"),
        ("CREATE INDEX ON other (a)", 1, "other is not the table"),
        ("CREATE STATISTICS s ON a, b FROM public.leads", 1, "is qualified"),
        ("CREATE STATISTICS public.s ON a, b FROM leads", 1, "the statistics' name is qualified"),
        ("COMMENT ON TABLE public.leads IS 'x'", 1, "qualified by a schema"),
        ("COMMENT ON COLUMN public.leads.a IS 'x'", 1, "qualified by a schema"),
        ("COMMENT ON COLUMN other.a IS 'x'", 1, "other is not the table"),
        ("COMMENT ON INDEX public.i IS 'x'", 1, "qualified by a schema"),
        ("COMMENT ON SCHEMA public IS 'x'", 1, "COMMENT ON something else"),
        ("GRANT SELECT ON leads TO bob", 1, "grant: only ALTER TABLE"),
        ("CREATE TRIGGER t AFTER INSERT ON leads EXECUTE FUNCTION f()", 1, "create trig: only ALTER TABLE"),
        (f"ALTER TABLE leads ADD CHECK ({DEEP} > '')", 1, "nested too deeply"),
        (f"ALTER TABLE leads ADD a int;\n\nALTER TABLE leads ADD CHECK ({DEEP} > '')", 3, "nested too deeply"),
    ],
)
def test_alterations_of_anything_else_are_refused_with_the_line(sql: str, line: int | None, message: str) -> None:
    found = alterations.faults(sql, "public.leads")
    assert len(found) == 1, found
    assert message in found[0].message
    assert found[0].line == line


def test_every_bad_statement_is_named() -> None:
    sql = "ALTER TABLE leads ADD a int;\nDROP TABLE x;\nALTER TABLE leads ADD b int;\n"
    sql += "CREATE INDEX CONCURRENTLY ON crm.leads (a);"
    assert [(f.line, f.message.split()[0]) for f in alterations.faults(sql, "leads")] == [
        (2, "DROP"),
        (4, "crm.leads"),
        (4, "CONCURRENTLY"),
    ]


def test_a_name_that_was_folded_says_so() -> None:
    (fault,) = alterations.faults("ALTER TABLE Invoice ADD a int", "Invoice")
    assert "folded to small letters" in fault.message
    assert fault.fix == 'write "Invoice"'
    assert alterations.faults('ALTER TABLE "Invoice" ADD a int', "Invoice") == []
    assert alterations.faults('ALTER TABLE "Invoice Line" ADD a int', "sales.Invoice Line") == []


def test_a_deep_statement_does_not_hide_the_others() -> None:
    with pytest.raises(SqlFault, match="syntax error"):
        statements(f"SELECT {DEEP}; SELEC 1")
    parsed = statements(f"SELECT 1;\nSELECT {DEEP};\nSELECT 1;\n DROP TABLE x")
    assert [(s.kind, s.line) for s in parsed] == [
        ("select_stmt", 1),
        ("too_deep", 2),
        ("select_stmt", 3),
        ("drop_stmt", 4),
    ]


def test_no_chain_of_operators_ends_the_process() -> None:
    for chain in (" || ".join(["a"] * 300_000), "a" + "::text" * 200_000, "1" + " UNION SELECT 1" * 200_000):
        with pytest.raises(SqlFault) as refused:
            statements(f"SELECT 1;\nSELECT {chain}")
        assert refused.value.fault.message == "a statement of more than 10000 operators"
        assert refused.value.fault.line == 2


def test_large_but_flat_files_are_read() -> None:
    rows = ",\n".join(f"({n}, 'a||b-c''d', $x$ -+-+ $x$)" for n in range(20_000))
    parsed = statements(f"INSERT INTO t VALUES {rows};\n" + "UPDATE t SET a = a + 1;\n" * 15_000)
    assert (len(parsed), parsed[1].line) == (15_001, 20_001)
