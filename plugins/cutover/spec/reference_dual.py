"""What docs/spec.md says of changes of shape."""

DUAL = """\
**Dual-write** changes the shape of tables while both shapes are written: seven tables into four, say. Each new
table is a *shape*: its key, the query that gives one row for each key (`rows`), and for each old table the keys that
a row `r` of it is part of (`from`). `back` tells the old tables over the new ones in the same words; without it
nothing can be taken back after the cutover, and the spec has to say so (`rollback: {window: 0s}`). Every old table
of `from` has to be in `back` or, with the reason, in `left_out`. List tables that others refer to before those. `up`
makes the new tables, empty; `down` drops them; both are needed. There is no `router`, and `target` makes it the
other form, below.

Queries name columns as the table does and give the same answer every time: no `now()`, `random()` or `nextval()`.
They run with the search path `public`. Keep what a row needs reachable by index from its key: rows are computed key
by key. In `from`, use `r`'s own columns where possible: when `r` is deleted together with the rows around it, those
may be gone already.

```yaml
name: accounts_v2
title: Admins and their settings become accounts
strategy: dual_write
owner: identity
source: shop
writer: triggers                  # or application: it writes both sides itself
schema: {up: up.sql, down: down.sql}
shapes:
  - name: public.accounts
    key: [id]
    rows: shapes/accounts.sql     # SELECT a.id, a.email, (SELECT jsonb_object_agg(...) ...) AS settings FROM admins a
    from:
      public.admins: SELECT r.id
      public.settings: SELECT r.admin_id
back:
  - {name: public.admins, key: [id], rows: back/admins.sql, from: {public.accounts: SELECT r.id}}
  - name: public.settings
    key: [admin_id, name]
    rows: back/settings.sql       # SELECT a.id AS admin_id, s.key AS name, s.value FROM accounts a, jsonb_each(...) s
    from: {public.accounts: "SELECT r.id, s.key FROM jsonb_each(r.settings) AS s"}
left_out: {public.request_log: "rows older than a year are dropped on purpose"}
flags: {store: flags_db, instances: 3}
reads: {shadow: 5, steps: [1, 10, 50, 100], hold: 10m}
rollback: {window: 48h}
```

With a **target** the other side is another database, with the same tables or with such as `schema.up` makes of them,
and replication writes it: `tables`, `replication`, `schema.up` and `rollback: {old_database: ...}` are as for
blue-green, `flags` and `reads` as above, and `flags.store` names a database that outlives both. There are no `shapes`,
`back`, `left_out`, `writer` or `router`.

```yaml
name: shop_flags
title: The shop moves to PostgreSQL 18, and its applications follow a flag
strategy: dual_write
owner: data-platform
source: shop
target: shop_green
schema: {up: up.sql}
tables:
  - name: shop.ledger
    without_key: full
flags: {store: shop_flags_store, instances: 3}
reads: {shadow: 5, steps: [1, 10, 50, 100], hold: 10m}
cutover: {max_lag: 1s, max_pause: 3s}
rollback: {window: 48h, old_database: archive}
```

**In place**: `tables` in place of `shapes`. A table gets columns (`alter` adds them, with indexes and constraints),
each computed from the row (`columns`), and old columns are computed back from the new ones (`reverse`); or it gets
another name (`rename`). An expression sees the row alone, by the names of its columns, and no column that is itself
told in the same direction. `alter` is written plainly, as for an empty table: Cutover adds columns first, builds
indexes CONCURRENTLY and validates constraints once there are values. `old_table: drop` drops the old columns when the
run is finalized; otherwise they are left there. Without `reverse` nothing written after the cutover comes back, so
the table has to be named under `left_out`, with the reason. See [in-place.md](in-place.md).

```yaml
name: orders_recipient
title: The recipient's name becomes two columns
strategy: dual_write
owner: data-platform
source: shop
tables:
  - name: shop.orders
    alter: alter.sql              # ALTER TABLE orders ADD COLUMN recipient_first text, ADD COLUMN recipient_last text;
    columns:
      recipient_first: "split_part(shipping_name, ' ', 1)"
      recipient_last: "split_part(shipping_name, ' ', 2)"
    reverse: {shipping_name: "recipient_first || ' ' || recipient_last"}
    old_table: drop
  - {name: shop.customers, rename: clients}
reads: {steps: [1, 10, 50, 100], hold: 10m}
rollback: {window: 48h}
```

A complete one that really runs is [accounts_4](../include/migrations/accounts_4/migration.yaml); with two databases,
[shop_flags](../include/migrations/shop_flags/migration.yaml); in place,
[orders_recipient](../include/migrations/orders_recipient/migration.yaml).

"""
