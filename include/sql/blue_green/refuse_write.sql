-- What a side that is not live answers to every write. A statement trigger in the ordinary mode: no setting of a
-- session gets round it, and it stays silent where changes are applied (session_replication_role = replica), so that the
-- side keeps following. 25006 is what drivers know from a standby.
CREATE OR REPLACE FUNCTION cutover_sync.refuse_write() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog
AS $refuse$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'read_only_sql_transaction',
        MESSAGE = format('%I.%I takes no %s: database %I is not live at the moment',
                         tg_table_schema, tg_table_name, tg_op, current_database()),
        HINT = 'Connect through the pooler; it leads to the database that is live.';
END
$refuse$
