"""Run expectations by a checkpoint of Great Expectations, in an ephemeral context that writes nothing anywhere."""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from psycopg import sql

from cutover.errors import CutoverError
from cutover.validation.suites.errors import SuiteBroken
from cutover.validation.suites.files import Suite
from cutover.validation.suites.subject import SUBJECT, Db, Stage

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.data_context import EphemeralDataContext

# Never connected to: sessions come from a `creator`. Great Expectations insists on a URL with a user and a host.
NOWHERE = "postgresql+psycopg://nobody@localhost/nowhere"
# The names that suites use in `comparison_data_source_name`.
Sources = Mapping[str, tuple[Stage, tuple[str, ...], Mapping[str, sql.Composable]]]


def check_points(
    suites: Sequence[tuple[Suite, list[dict[str, Any]]]], sources: Sources, parameters: Mapping[str, Any]
) -> list[tuple[Suite, list[Any]]]:
    """Run the suites of one table against ``subject`` and return Great Expectations' results, by suite.

    :param suites: each suite with its expectations for this table, at least one.
    :param sources: data source name -> snapshot, search path and views of its sessions.
    :param parameters: what ``{"$PARAMETER": name}`` stands for.
    :raises SuiteBroken: an expectation is unknown, or its arguments are wrong.
    """
    with _quiet():
        import great_expectations as gx

        context = _context()
        for name, (stage, path, views) in sources.items():
            _add_source(context, name, stage, path, views)
        source: Any = context.data_sources.all()[SUBJECT]
        asset = source.add_query_asset(SUBJECT, query=f"SELECT * FROM {SUBJECT}")  # noqa: S608
        batch = asset.add_batch_definition_whole_table("all")
        definitions = [
            context.validation_definitions.add(
                gx.ValidationDefinition(name=suite.name, data=batch, suite=_suite(context, suite, expectations))
            )
            for suite, expectations in suites
        ]
        checkpoint = context.checkpoints.add(
            gx.Checkpoint(name=SUBJECT, validation_definitions=definitions, result_format={"result_format": "SUMMARY"})
        )
        results = checkpoint.run(expectation_parameters=dict(parameters)).run_results.values()
    by_name = {result.suite_name: result.results for result in results}
    found = [(suite, by_name.get(suite.name, [])) for suite, _ in suites]
    for (suite, expectations), (_, judged) in zip(suites, found, strict=True):
        _complete(suite, len(expectations), len(judged))
    return found


def _context() -> EphemeralDataContext:
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _add_source(
    context: EphemeralDataContext,
    name: str,
    stage: Stage,
    path: tuple[str, ...],
    views: Mapping[str, sql.Composable],
) -> None:
    def creator() -> Db:
        return stage.session(path, views)

    def checkout(connection: Db, *_: Any) -> None:
        stage.enter(connection)

    kwargs = {"creator": creator, "pool_events": [(checkout, "checkout")]}
    try:
        context.data_sources.add_postgres(name, connection_string=NOWHERE, kwargs=kwargs)  # type: ignore[call-arg]
    except Exception as error:
        raise _ours(error) or error from None


def _ours(error: BaseException | None) -> CutoverError | None:
    """Return what Great Expectations has wrapped, where it came from us."""
    while error is not None and not isinstance(error, CutoverError):
        error = error.__cause__ or error.__context__
    return error


def _suite(context: EphemeralDataContext, suite: Suite, expectations: list[dict[str, Any]]) -> ExpectationSuite:
    import great_expectations as gx

    try:
        made = gx.ExpectationSuite(name=suite.name, expectations=expectations)
    except Exception as error:
        raise SuiteBroken(f"{suite.path}: Great Expectations refuses it: {_first_lines(error)}") from error
    # An expectation that Great Expectations does not know is logged and left out: a check that never runs never fails.
    _complete(suite, len(expectations), len(made.expectations))
    return context.suites.add(made)


def _complete(suite: Suite, wanted: int, got: int) -> None:
    if got != wanted:
        raise SuiteBroken(
            f"{suite.path}: Great Expectations took {got} of {wanted} expectations; the others are unknown or doubled.",
            fix="check the spelling of each 'type' and that no two expectations are the same.",
        )


def _first_lines(error: Exception) -> str:
    return " ".join(str(error).split())[:500]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Great Expectations from printing and from logging what becomes a check anyway."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
