"""BG038: green's server has blue's extensions."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, listed, mending
from cutover.postgres.preflight_pair.surroundings import AvailableExtension, Extension


class Extensions(PairRule):
    code = "BG038"
    title = "Green's server has blue's extensions"
    severities = ("error", "warning", "info")
    why = (
        "An extension is made anew on green, in the version that is the default there; its files have to be installed"
        " on that server, and one that is not trusted takes a superuser. Types of another version may print"
        " differently. Rows of an extension's own tables do not travel."
    )
    mend = "CREATE EXTENSION postgis; -- in green's database, as a superuser; its package has to be installed there"

    def check(self, pair: Pair) -> Iterator[Finding]:
        for extension in pair.blue.extensions:
            offered = [a for a in pair.green.available if a.name == extension.name]
            yield from self._one(pair, extension, offered)

    def _one(self, pair: Pair, extension: Extension, offered: list[AvailableExtension]) -> Iterator[Finding]:
        name = f"extension {extension.name}"
        default = next((a for a in offered if a.is_default), offered[0] if offered else None)
        if default is None:
            message = f"green's server does not have it (blue: {extension.version})."
            yield self.error(name, message, f"install its package on green's server; on blue: {_drop(extension)}")
            return
        there = any(e.name == extension.name for e in pair.green.extensions)
        green = pair.green.server
        if default.superuser and not default.trusted and not green.superuser and not there:
            message = f"only a superuser can make it on green, and role {green.role} is none."
            create = mending("CREATE EXTENSION {name} SCHEMA {schema};", name=extension.name, schema=extension.schema)
            where = (
                f"in green's database ({pair.green.info.dbname}), which may be there beforehand with extensions only"
            )
            yield self.error(name, message, f"{create} -- as a superuser, {where}")
        elif default.version != extension.version:
            message = f"green gets version {default.version}, blue has {extension.version}: read its release notes."
            yield self.warning(name, message)
        if extension.config:
            message = f"the rows of its tables {listed(extension.config)} do not travel."
            yield self.info(name, message, "copy them by hand where somebody has changed them.")


def _drop(extension: Extension) -> str:
    return mending("DROP EXTENSION {name};", name=extension.name)
