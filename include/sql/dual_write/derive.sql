-- Make the rows of {table} for some keys what the query says. Whoever derives a key has its row locked first, or
-- announces it where there is none, and computes only then: in READ COMMITTED each statement sees whatever the one before
-- has committed; in REPEATABLE READ the lock itself fails with 40001, which such transactions expect.
-- Texts of times and the like must not depend on the session that happens to write.
-- A few keys at a time, so tables are never read through, whatever the planner believes of tables that nobody analyzes.
-- cutover_part: 'gone' only takes away what the query does not have any more, 'put' only writes what it has, 'all' does both.
CREATE OR REPLACE FUNCTION {function}({arguments}, cutover_part text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex' SET enable_seqscan = off AS $derive$
#variable_conflict use_column
DECLARE
    cutover_changed bigint;
    cutover_before  text := coalesce(current_setting('cutover.deriving', true), '');
BEGIN
    -- Not in the function's head: there only a superuser may name a setting of ours.
    PERFORM set_config('cutover.deriving', 'on', true);
    PERFORM 1 FROM {table} AS t WHERE ({t_keys}) IN (SELECT {w_keys} FROM {wanted}) ORDER BY {t_keys} FOR UPDATE;
    INSERT INTO {coming} ({keys})
    SELECT {w_keys} FROM {wanted} WHERE NOT EXISTS (SELECT FROM {table} AS t WHERE {t_is_w}) ORDER BY {w_keys}
    ON CONFLICT DO NOTHING;
    -- Once more: what somebody else has made meanwhile is there by now.
    PERFORM 1 FROM {table} AS t WHERE ({t_keys}) IN (SELECT {w_keys} FROM {wanted}) ORDER BY {t_keys} FOR UPDATE;
    WITH derived AS MATERIALIZED (
        SELECT q.* FROM {wanted} CROSS JOIN LATERAL (SELECT * FROM ({rows}) AS q WHERE {q_is_w}) AS q
    ), gone AS (
        DELETE FROM {table} AS t USING {wanted}
        WHERE cutover_part <> 'put' AND {t_is_w} AND NOT EXISTS (SELECT FROM derived AS q WHERE {q_is_w}) RETURNING 1
    ), put AS (
        INSERT INTO {table} AS t ({columns}) OVERRIDING SYSTEM VALUE
        SELECT {q_columns} FROM derived AS q WHERE cutover_part <> 'gone' ORDER BY {q_keys}
        ON CONFLICT ({keys}) {on_conflict} RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put) INTO cutover_changed;
    DELETE FROM {coming} AS t USING {wanted} WHERE {t_is_w};
    PERFORM set_config('cutover.deriving', cutover_before, true);
    RETURN cutover_changed;
END
$derive$
