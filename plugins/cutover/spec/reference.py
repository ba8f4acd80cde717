"""docs/spec.md, made from the models: what is documented is what is accepted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.spec.durations import PATTERN
from cutover.spec.export import json_schema
from cutover.spec.reference_dual import DUAL
from cutover.spec.sizes import PATTERN as SIZE

_HEAD = """\
# How to write a migration

<!-- Made by `python -m cutover docs spec` from the models. Change those, then run it again. -->

A migration is a folder `include/migrations/<name>/` with a file `migration.yaml` and the `.sql` files that it
names. The spec says what shall change, never how. Secrets have no place in it: databases are named by Airflow
connection ids.

```yaml
# yaml-language-server: $schema=../schema.json
name: leads_v2                    # as the folder
title: Leads get preferences and a wider id
strategy: online
owner: data-platform
source: shop                      # an Airflow connection id
tables:
  - name: public.leads
    alter: alter.sql              # ALTER TABLE leads ... : runs on the shadow table
    columns: {preferences: "'{}'::jsonb"}        # new column <- expression over the old row
    reverse: {legacy_flag: "status = 'ACTIVE'"}  # old column <- expression over the new row
backfill: {batch_rows: 10000, workers: 2, max_lag: 5s}
cutover: {max_pause: 3s, approval: required}
validate: {suites: [row_counts], row_diff: full}
rollback: {automatic: true, window: 48h}
```

`python -m cutover validate <name>` says everything that is wrong with it, with file and line; `python -m cutover
plan <name>` says what a run would do. A spec with a problem is left out of the trigger form and stands in no
other's way.

The first line gives completion and checks in editors that know JSON schemas for YAML
(`include/migrations/schema.json`, made by `python -m cutover schema`).

"""

_TAIL = """\
## Rules

**Names.** Tables and columns are written exactly as they are in the catalog: no quotes, no case folding. `Invoice
Line` is the table that SQL calls `public."Invoice Line"`. Letters of any script, digits, blanks and most signs are
fine; quotes, dots, backslashes, percent signs and control characters are not, nor is more than 63 bytes. Schemas
of the server (`pg_*`, `information_schema`) and of Cutover (`cutover*`) cannot be migrated.

**Durations.** `500ms`, `5s`, `10m`, `48h`, `2d`, or together: `1h30m`. **Sizes.** `500MB`, `20GB`, as PostgreSQL
reads them: 1 kB is 1024 bytes. A number without a unit is refused.

**Files** lie in the migration's folder and end in `.sql`. Absolute paths, `..` and links that lead out are
refused. A run keeps a copy of all texts, so it can be rolled back whatever happens to the files.

**`alter` of the online strategy** runs on the shadow table, which has the table's name in another schema. So it
names the table *without* schema, and holds only `ALTER TABLE`, `CREATE INDEX` (not `CONCURRENTLY`: nobody uses the
shadow yet), `COMMENT ON` and `CREATE STATISTICS` of that table. It cannot rename or move the table, drop objects
beside its columns and constraints, or begin and commit. Whatever else is needed goes into `schema: {up: ..., down:
...}`, which runs first, in one transaction.

**Expressions** in `columns` and `reverse` are one SQL expression each, over the columns of the row (unqualified)
and nothing else: no subquery, aggregate, window or set, and nothing that gives another answer each time (`now()`,
`random()`, `nextval()`, `current_user`). Backfill, capture and row diff each compute it on their own, and must
agree. What a new row should get by itself is a `DEFAULT` in `alter`. A column that both tables have and that is
not named keeps its value.

**Online** stays in one database: no `target`, no `router`, at least one table; `up` needs a `down`.

**Blue-green** moves the whole database: it needs a `target` that is not the `source`, and a `router`. `up` is the
migration's own SQL; it runs on the new database's tables while they are empty. `tables` lists only those with
something special: `columns` (filled on the new side, for copied rows and for those that follow), `reverse` (filled on
the old side once the new one is live), `without_key`. There is no `alter`, `key` or `old_table`, and no need for a
`down`.

```yaml
name: billing_18
title: Billing moves to PostgreSQL 18
strategy: blue_green
owner: billing
source: billing_blue              # the database that is live
target: billing_green             # the one that shall be
router: billing_pooler            # PgBouncer's console
schema: {up: up.sql}
tables:
  - {name: public.audit_log, without_key: full}
replication: {max_wal: 20GB}
rollback: {window: 48h, old_database: archive}
```

**Stop-the-world** closes the doors for a maintenance window. Without a `target` the migration runs in place: `up` is
its SQL, and the way back is a rollback point (`backup`), so the store and the key have to be there. With a `target`
the whole database is copied into another one, as blue-green does it but at full speed and with nobody writing;
`columns` may be computed on the way, and the way back is the old database as it was. `router` is optional: without
one, clients are not held, and their writes fail. `hooks` tell whatever runs beside the database.

```yaml
name: ledger_pack
title: The ledger is packed on a Sunday
strategy: stop_the_world
owner: finance
source: ledger
router: ledger_pooler
schema: {up: up.sql}
cutover: {max_downtime: 10m, drain: 30s, clients: hold}
backup: {store: cutover_backups, key: cutover_age, verify: restore, keep: 7d}
hooks:
  - {when: closing, command: [scale, down], timeout: 1m}
  - {when: opened, url: "https://ledger.example/health", retry_for: 2m}
announce: {window_start: 2026-12-06T02:00:00Z}
```

"""

_REST = """\
**YAML** is read as people expect: only `true` and `false` are truth values (`off` is a word), times are text, and
a key that is there twice, an alias or a tag is an error.

**Where.** `CUTOVER_MIGRATIONS` replaces `include/migrations` by a list of folders, separated as in `PATH`; an
empty entry stands for `include/migrations`. Folders whose name begins with `_` or `.` are left alone.
"""


def spec_page() -> str:
    """Return docs/spec.md."""
    schema = json_schema()
    sections = [_section("The spec", "", schema)]
    for title, key, name in _parts(schema):
        sections.append(_section(title, key, schema["$defs"][name]))
    return _HEAD + "\n".join(sections) + "\n" + _TAIL + DUAL + _REST


def _parts(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield ``(heading, key, definition)`` of every part in the order of the spec."""
    seen = set()
    for key, prop in schema["properties"].items():
        name = _ref(prop.get("items", prop))
        if name and name not in seen:
            seen.add(name)
            yield f"`{key}`" + (", each" if "items" in prop else ""), key, name
            yield from _inner(schema, key, name)


def _inner(schema: Mapping[str, Any], key: str, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield the mappings within a part, such as `announce.audiences`; those that are alike once, for all of them."""
    parts = schema["$defs"][name]["properties"].items()
    refs = {inner: ref for inner, prop in parts if (ref := _ref(prop.get("items", prop)))}
    for found in dict.fromkeys(refs.values()):
        alike = [inner for inner, ref in refs.items() if ref == found]
        path = f"{key}.{alike[0]}" if len(alike) == 1 else key
        yield f"`{path}`" + (", each of them" if len(alike) > 1 else ""), path, str(found)
        yield from _inner(schema, path, str(found))


def _ref(prop: Mapping[str, Any]) -> str:
    """Return the definition that a property refers to, if any."""
    options = [prop, *prop.get("anyOf", ())]
    return next((str(o["$ref"]).rpartition("/")[2] for o in options if "$ref" in o), "")


def _section(title: str, key: str, definition: Mapping[str, Any]) -> str:
    intro = f"{definition['description']}\n\n" if key else ""
    required = set(definition.get("required", ()))
    lines = ["| key | value | default | |", "|---|---|---|---|"]
    for name, prop in definition["properties"].items():
        default = "**required**" if name in required else _default(prop)
        lines.append(f"| `{name}` | {_value(prop)} | {default} | {_about(name, prop)} |")
    return f"## {title}\n\n{intro}" + "\n".join(lines) + "\n"


def _about(name: str, prop: Mapping[str, Any]) -> str:
    if "description" in prop:
        return str(prop["description"])
    inner = prop.get("items", prop)
    return f"see [`{name}`](#{name}{'-each' if 'items' in prop else ''})" if "$ref" in inner else ""


def _default(prop: Mapping[str, Any]) -> str:
    value = prop.get("default")
    if "$ref" in prop or isinstance(value, dict) or value is None:
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _value(prop: Mapping[str, Any]) -> str:
    if "anyOf" in prop:
        return " or ".join(_value(option) for option in prop["anyOf"] if option.get("type") != "null")
    if "enum" in prop:
        return ", ".join(f"`{value}`" for value in prop["enum"])
    if "const" in prop:
        return f"`{prop['const']}`"
    if "$ref" in prop:
        return "mapping"
    return _simple(prop)


def _simple(prop: Mapping[str, Any]) -> str:
    kind = prop.get("type")
    if kind == "string":
        return _text(prop)
    if kind == "array":
        items = "mappings" if "$ref" in prop["items"] else _value(prop["items"])
        return f"list of {items.replace('number ', 'numbers ')}"
    if kind == "object":
        return _mapping(prop)
    if kind == "boolean":
        return "`true`, `false`"
    low, high = prop.get("minimum"), prop.get("maximum")
    words = "whole number" if kind == "integer" else "number"
    if not {"minimum", "maximum", "exclusiveMinimum"} & prop.keys():
        return words
    if "exclusiveMinimum" in prop:
        return f"{words} above {prop['exclusiveMinimum']}, up to {high}"
    return f"{words} {low} to {high}" if high is not None else f"{words} from {low}"


def _mapping(prop: Mapping[str, Any]) -> str:
    if "patternProperties" in prop:
        return "mapping of connection id to connection id"
    keys = prop["propertyNames"]
    if "enum" in keys:
        return f"mapping of {', '.join(f'`{key}`' for key in keys['enum'])} to {_value(prop['additionalProperties'])}"
    if prop["additionalProperties"].get("type") == "object":
        return "mapping of table to a mapping of column to expression"
    if "maxLength" in keys:
        return "mapping of column to expression"
    queries = "SELECT r.id" in prop["additionalProperties"].get("examples", ())
    return f"mapping of table to {'query' if queries else 'text'}"


def _text(prop: Mapping[str, Any]) -> str:
    pattern = prop.get("pattern", "")
    if pattern == PATTERN:
        return "duration"
    if pattern == SIZE:
        return "size"
    if prop.get("format") == "date-time":
        return "time with zone"
    return "file" if pattern.endswith(r"\.sql$") else "text"
