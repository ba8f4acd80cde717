"""The locks: complete, exact, from nowhere in particular, and free of licences that would bind the project."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.requirements import LOCKS, ROOT, locked, requirements

OURS = {path.stem for folder in ("plugins", "bin", "tests", "dags") for path in (ROOT / folder).iterdir()}
# Airflow itself, and what it loads by name (connection types, executor, auth manager, operators' base classes).
LOADED_BY_AIRFLOW = {
    "apache-airflow",
    "apache-airflow-providers-amazon",
    "apache-airflow-providers-celery",
    "apache-airflow-providers-fab",
    "apache-airflow-providers-postgres",
    "apache-airflow-providers-slack",
    "apache-airflow-providers-standard",
}
LESSER = re.compile(r"LGPL|Lesser General Public", re.IGNORECASE)
GENERAL = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_pins_one_version(name: str) -> None:
    for line in (ROOT / name).read_text().splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,-]+\])?==[A-Za-z0-9.!+]+( ; .+)?", line), line


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host_and_no_path(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"://|--(index|extra-index|find-links|trusted)|@ |file:|\.(org|com|net|io)\b", text)


@pytest.mark.parametrize(("wanted", "lock"), [("requirements.in", LOCKS[:1]), ("requirements-dev.in", LOCKS)])
def test_a_lock_answers_its_input(wanted: str, lock: tuple[str, ...]) -> None:
    pins = {name: version for file in lock for name, version in locked(file).items()}
    for asked in requirements(wanted):
        name = canonicalize_name(asked.name)
        assert name in pins, f"{asked} of {wanted} is not locked: run bin/lock"
        assert asked.specifier.contains(pins[name]), f"{wanted} asks for {asked}, locked is {pins[name]}: run bin/lock"


def test_the_locks_agree_with_each_other() -> None:
    production, development = (locked(name) for name in LOCKS)
    shared = production.keys() & development.keys()
    assert {name: production[name] for name in shared} == {name: development[name] for name in shared}


def test_the_locks_are_complete() -> None:
    """They are installed without resolving: whatever a locked package needs here has to be locked and to fit."""
    pins = locked(LOCKS[0]) | locked(LOCKS[1])
    lacking = []
    for name in pins:
        for text in importlib.metadata.requires(name) or ():
            need = Requirement(text)
            if need.marker is not None and not need.marker.evaluate({"extra": ""}):
                continue
            found = pins.get(canonicalize_name(need.name))
            if found is None or not need.specifier.contains(found, prereleases=True):
                lacking.append(f"{name} needs {text}, locked is {found}")
    assert lacking == []


def test_this_environment_is_what_the_locks_say() -> None:
    pins = locked(LOCKS[0]) | locked(LOCKS[1])
    assert {name: importlib.metadata.version(name) for name in pins} == pins


def _imported(folder: Path) -> set[str]:
    """Return the top-level modules of others that Python files below ``folder`` import."""
    found = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - OURS - sys.stdlib_module_names


def _distributions(modules: set[str]) -> dict[str, set[str]]:
    owners = importlib.metadata.packages_distributions()
    return {module: {canonicalize_name(name) for name in owners.get(module, ())} for module in modules}


def _names(file: str) -> set[str]:
    return {canonicalize_name(asked.name) for asked in requirements(file)}


def test_production_imports_what_it_asks_for_and_asks_for_what_it_imports() -> None:
    owners = _distributions(_imported(ROOT / "plugins") | _imported(ROOT / "dags"))
    asked = _names("requirements.in")
    assert {module for module, names in owners.items() if not names & asked} == set(), "add these to requirements.in"
    imported = {name for names in owners.values() for name in names}
    assert asked - imported - LOADED_BY_AIRFLOW == set(), "nothing imports these: drop them from requirements.in"


def test_tests_and_local_stack_import_what_they_ask_for() -> None:
    owners = _distributions(_imported(ROOT / "bin") | _imported(ROOT / "tests"))
    asked = _names("requirements.in") | _names("requirements-dev.in")
    assert {module for module, names in owners.items() if not names & asked} == set(), "add to requirements-dev.in"


def test_nothing_that_we_ask_for_is_under_the_gpl() -> None:
    """The LGPL of psycopg binds nobody who imports it; the GPL and the AGPL would."""
    for name in _names("requirements.in") | _names("requirements-dev.in"):
        facts = importlib.metadata.metadata(name)
        stated = [facts.get("License-Expression") or "", *(facts.get_all("Classifier") or ())]
        licences = [text for text in stated if "License ::" in text or text == stated[0]]
        bound = [text for text in licences if GENERAL.search(text) and not LESSER.search(text)]
        assert bound == [], f"{name}: {bound}"
