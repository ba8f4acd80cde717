"""One folder read into a migration, or into the list of everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cutover.spec import alterations, dual_sql, expanding_rules, expressions, rules, scripts, yamlfile
from cutover.spec.errors import SpecError, SpecProblem
from cutover.spec.explain import explained
from cutover.spec.files import FileRefused, Stamp, read_inside, read_text, stamp
from cutover.spec.models import Migration
from cutover.spec.places import SPEC
from cutover.spec.sqltree import Fault
from cutover.spec.yamlfile import Document

DataPath = tuple[str | int, ...]
Check = Callable[[str], list[Fault]]


class Reading:
    """Reads one folder. :ivar touched: every file on which the result depends, with its stamp before it was read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.touched: dict[Path, Stamp] = {folder / SPEC: stamp(folder / SPEC)}
        self.problems: list[SpecProblem] = []
        self.files: dict[str, str] = {}
        self.document = Document(None)

    def result(self) -> Migration | SpecError:
        """Return the migration, or the error with all problems in the order of the file."""
        migration = self._migration() if self._read() else None
        if migration is None or self.problems:
            self.problems.sort(key=lambda p: (p.file != self._file(SPEC), p.file, p.line or 0))
            return SpecError(self.folder.name, self.problems)
        return migration.with_files(self.folder, self.files)

    def _file(self, name: str) -> str:
        return f"{self.folder.name}/{name}"

    def _read(self) -> bool:
        spec = self.folder / SPEC
        try:
            if not spec.exists():
                raise FileRefused(f"there is no {SPEC}", "write one, or let the folder's name begin with _")
            self.document = yamlfile.read(read_text(spec, SPEC))
        except FileRefused as refused:
            self.problems.append(SpecProblem(self._file(SPEC), None, "", refused.message, refused.fix))
            return False
        except yamlfile.YamlFault as broken:
            self.problems.append(SpecProblem(self._file(SPEC), broken.line, "", broken.message, broken.fix))
            return False
        for fault in self.document.faults:
            self._add(fault.path, fault.message, fault.fix, line=fault.line)
        return True

    def _migration(self) -> Migration | None:
        data = self.document.data
        if not isinstance(data, dict):
            self._add((), "the file has no keys", "begin with name: and title:")
            return None
        migration = None
        try:
            migration = Migration.model_validate(data)
        except ValidationError as error:
            for path, message, fix in explained(error, data):
                self._add(path, message, fix)
        for rule in rules.broken(data, self.folder.name):
            self._add(rule.path, rule.message, rule.fix)
        for path, name, check in _named_files(data):
            self._check_file(path, name, check)
        for path, expression in _expressions(data):
            for fault in expressions.faults(expression):
                self._add(path, fault.message, fault.fix)
        for path, query, columns in _origins(data):
            for fault in dual_sql.origin_faults(query, columns):
                self._add(path, fault.message, fault.fix)
        return migration

    def _check_file(self, path: DataPath, name: str, check: Check) -> None:
        self.touched.setdefault(self.folder / name, stamp(self.folder / name))
        try:
            text = read_inside(self.folder, name)
        except FileRefused as refused:
            self._add(path, refused.message, refused.fix)
            return
        self.files[name] = text
        for fault in check(text):
            self.problems.append(SpecProblem(self._file(name), fault.line, "", fault.message, fault.fix))

    def _add(self, path: DataPath, message: str, fix: str | None, line: int | None = None) -> None:
        line = line or self.document.line(path)
        problem = SpecProblem(self._file(SPEC), line, _spelled(path), message, fix)
        if problem not in self.problems:
            self.problems.append(problem)


def _named_files(data: dict[str, Any]) -> Iterator[tuple[DataPath, str, Check]]:
    """Yield ``(path, name, check)`` of every SQL file that the data names, whatever else is wrong with it."""
    single, several = partial(scripts.query_faults, single=True), partial(scripts.query_faults, single=False)
    fixed: list[tuple[str, str, Check]] = [
        ("schema", "up", scripts.script_faults),
        ("schema", "down", scripts.script_faults),
        ("backfill", "throttle_query", single),
        ("validate", "baseline_queries", several),
    ]
    for part, key, check in fixed:
        inner = data.get(part)
        if isinstance(inner, dict) and isinstance(inner.get(key), str):
            yield (part, key), inner[key], check
    for part in ("shapes", "back"):
        for position, shape in _listed(data, part):
            if isinstance(shape.get("rows"), str):
                yield (part, position, "rows"), shape["rows"], dual_sql.rows_faults
    observed = data.get("observe")
    for position, own in _listed(observed, "queries") if isinstance(observed, dict) else ():
        if isinstance(own.get("query"), str):
            yield ("observe", "queries", position, "query"), own["query"], single
    for position, table in _listed(data, "tables"):
        name = table.get("alter")
        if isinstance(name, str):
            yield ("tables", position, "alter"), name, _altering(data.get("strategy"), table.get("name"))


def _altering(strategy: object, table: object) -> Check:
    checks = {"online": alterations.faults, "dual_write": expanding_rules.faults}
    if isinstance(table, str) and strategy in checks:
        return partial(checks[str(strategy)], table=table)
    return scripts.script_faults


def _expressions(data: dict[str, Any]) -> Iterator[tuple[DataPath, str]]:
    for position, table in _listed(data, "tables"):
        for key in ("columns", "reverse"):
            columns = table.get(key)
            for column, expression in columns.items() if isinstance(columns, dict) else ():
                if isinstance(expression, str):
                    yield ("tables", position, key, column), expression


def _origins(data: dict[str, Any]) -> Iterator[tuple[DataPath, str, int | None]]:
    """Yield ``(path, query, columns of the key)`` of every query of ``from``."""
    for part in ("shapes", "back"):
        for position, shape in _listed(data, part):
            key, queries = shape.get("key"), shape.get("from")
            for table, query in queries.items() if isinstance(queries, dict) else ():
                if isinstance(query, str):
                    yield (part, position, "from", table), query, len(key) if isinstance(key, list) else None


def _listed(data: dict[str, Any], part: str) -> Iterator[tuple[int, dict[str, Any]]]:
    items = data.get(part)
    for position, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield position, item


def _spelled(path: DataPath) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).removeprefix(".")
