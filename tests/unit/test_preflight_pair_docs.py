"""The page of the pair's rules is made from the rules, and every rule says what it must."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from cutover.postgres.preflight import finding
from cutover.postgres.preflight_pair import docs
from cutover.postgres.preflight_pair.rule import PairRule
from cutover.postgres.preflight_pair.rules import all_rules

ROOT = Path(__file__).resolve().parents[2]
RULES = pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)


def test_the_page_is_current() -> None:
    assert docs.path() == ROOT / "docs" / "preflight-blue-green.md"
    assert docs.path().read_text() == docs.render(), "run: python -m cutover.postgres.preflight_pair.docs"
    assert docs.main(["--check"]) == 0


def test_a_page_that_is_not_current_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs, "path", lambda: tmp_path / "docs" / "page.md")
    assert docs.main(["--check"]) == 1
    assert docs.main([]) == 0
    assert docs.main(["--check"]) == 0
    (tmp_path / "docs" / "page.md").write_text("other")
    assert docs.main(["--check"]) == 1


def test_codes_have_no_gaps_and_every_module_holds_one_rule() -> None:
    codes = [rule.code for rule in all_rules()]
    assert codes == [f"BG{number:03}" for number in range(1, len(codes) + 1)]


@RULES
def test_a_rule_is_complete_and_its_module_bears_its_code(rule: PairRule) -> None:
    assert type(rule).__module__.split(".")[-1].startswith(rule.code.lower() + "_")
    assert re.fullmatch(r"BG\d{3}", rule.code) and rule.title and rule.mend
    assert rule.why.endswith(".") and len(rule.why) > 80
    assert list(rule.severities) == [s for s in finding.SEVERITIES if s in rule.severities]
    source = Path(importlib.import_module(type(rule).__module__).__file__ or "").read_text()
    assert {s for s in finding.SEVERITIES if re.search(rf"self\.{s}\b", source)} == set(rule.severities)


@RULES
def test_every_rule_is_on_the_page_and_its_link_leads_to_it(rule: PairRule) -> None:
    page = docs.render()
    heading = f"## {rule.code} {rule.title}"
    assert page.count(heading + "\n") == 1
    (link,) = re.findall(rf"\[{rule.code}\]\(#([^)]+)\)", page)
    assert link == re.sub(r"[^a-z0-9 _-]", "", heading.removeprefix("## ").lower()).replace(" ", "-")


@RULES
def test_every_rule_is_tested(rule: PairRule) -> None:
    folder = ROOT / "tests" / "engine" / "blue_green" / "ready"
    assert rule.code in "".join(path.read_text() for path in folder.glob("test_*.py"))
