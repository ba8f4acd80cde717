"""BG039: both databases write and sort text alike."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import PairRule, mending

PROVIDERS = {"c": "libc", "i": "ICU", "b": "builtin"}


class EncodingAndLocale(PairRule):
    code = "BG039"
    title = "Both databases have the same encoding and sort order"
    severities = ("error", "warning", "info")
    why = (
        "In another encoding some characters cannot be written at all. In another collation ORDER BY, ranges of text"
        " and unique indexes under nondeterministic collations answer differently. A green database that the run makes"
        " gets blue's encoding, provider and locale; one that is there already has its own for good. Versions of libc"
        " and ICU sort differently under the same name; that is why indexes are built anew on green, and queries can"
        " still return rows in another order."
    )
    mend = "DROP DATABASE shop; -- green's, still empty: the run makes it as blue's is"

    def check(self, pair: Pair) -> Iterator[Finding]:
        blue, green = pair.blue, pair.green
        if blue.server.provider == "i" and not green.server.knows_icu:
            message = "blue's collation is ICU's, and green's server is built without ICU."
            yield self.error("the server of green", message, "use a server with ICU for green.")
            return
        if green.missing:
            message = f"it will be made as blue's is: {blue.server.encoding}, {_locale(blue)}."
            yield self.info(green.label, message)
            return
        fix = mending("DROP DATABASE {name}; -- while it is empty: the run makes it anew", name=green.server.database)
        if blue.server.encoding != green.server.encoding:
            message = f"its encoding is {green.server.encoding}, blue's is {blue.server.encoding}."
            yield self.error(green.label, message, fix)
        if _locale(blue) != _locale(green):
            message = f"it sorts by {_locale(green)}, blue by {_locale(blue)}."
            yield self.warning(green.label, message, fix)
        elif blue.server.collation_version != green.server.collation_version:
            message = (
                f"both sort by {_locale(blue)}, of version {green.server.collation_version} here and"
                f" {blue.server.collation_version} on blue: the order of some texts may differ."
            )
            yield self.info(green.label, message)


def _locale(side: Side) -> str:
    server = side.server
    name = PROVIDERS.get(server.provider, server.provider)
    parts = [server.locale] if server.locale else []
    if server.provider == "c" or (server.collate, server.ctype) != (server.locale, server.locale):
        parts.append(server.collate if server.collate == server.ctype else f"{server.collate}/{server.ctype}")
    return f"{name} {' '.join(parts)}"
