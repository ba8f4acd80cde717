"""The page of rules is made from the rules, and every rule says what it must."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from cutover.postgres.preflight import docs, finding
from cutover.postgres.preflight.rule import Rule, duration, listed, mending, size
from cutover.postgres.preflight.rules import all_rules

ROOT = Path(__file__).resolve().parents[2]
RULES = pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)


def test_the_page_is_current() -> None:
    assert docs.path() == ROOT / "docs" / "preflight.md"
    assert docs.path().read_text() == docs.render(), "run: python -m cutover.postgres.preflight.docs"
    assert docs.main(["--check"]) == 0


def test_a_page_that_is_not_current_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs, "path", lambda: tmp_path / "docs" / "preflight.md")
    assert docs.main(["--check"]) == 1
    assert docs.main([]) == 0
    assert docs.main(["--check"]) == 0
    (tmp_path / "docs" / "preflight.md").write_text("other")
    assert docs.main(["--check"]) == 1


def test_codes_have_no_gaps_and_every_module_holds_one_rule() -> None:
    codes = [rule.code for rule in all_rules()]
    assert codes == [f"PF{number:03}" for number in range(1, len(codes) + 1)]


@RULES
def test_a_rule_is_complete_and_its_module_bears_its_code(rule: Rule) -> None:
    assert type(rule).__module__.split(".")[-1].startswith(rule.code.lower() + "_")
    assert re.fullmatch(r"PF\d{3}", rule.code) and rule.title and rule.mend
    assert rule.why.endswith(".") and len(rule.why) > 80
    assert list(rule.severities) == [s for s in finding.SEVERITIES if s in rule.severities]
    source = Path(importlib.import_module(type(rule).__module__).__file__ or "").read_text()
    assert {s for s in finding.SEVERITIES if re.search(rf"self\.{s}\b", source)} == set(rule.severities)


@RULES
def test_every_rule_is_on_the_page_and_its_link_leads_to_it(rule: Rule) -> None:
    page = docs.render()
    heading = f"## {rule.code} {rule.title}"
    assert page.count(heading + "\n") == 1
    (link,) = re.findall(rf"\[{rule.code}\]\(#([^)]+)\)", page)
    assert link == re.sub(r"[^a-z0-9 _-]", "", heading.removeprefix("## ").lower()).replace(" ", "-")


@RULES
def test_every_rule_is_tested(rule: Rule) -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "engine" / "preflight").glob("test_*.py"))
    assert rule.code in tests


def test_names_in_mending_sql_are_quoted() -> None:
    assert mending("DROP TABLE {t};", t=("pub lic", 'a"b')) == 'DROP TABLE "pub lic"."a""b";'
    assert mending("GRANT {a} TO {b};", a="x", b="y; DROP") == 'GRANT "x" TO "y; DROP";'


def test_figures_are_written_for_people() -> None:
    assert [size(n) for n in (0, 1023, 1536, 2**31)] == ["0 bytes", "1023 bytes", "1.5 KiB", "2.0 GiB"]
    assert [duration(n) for n in (3, 600, 9000)] == ["3 s", "10 min", "2.5 h"]
    assert listed("abcd", most=2) == "a, b and 2 more"
