-- Statement triggers with transition tables cost one call a statement, not one a row. The one row trigger is
-- for a changed key: its WHEN is evaluated without calling anything, and is almost never true.
-- ALWAYS, so that a session that runs as replica is captured too.
CREATE TRIGGER cutover_capture_insert AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS cutover_rows FOR EACH STATEMENT EXECUTE FUNCTION {on_rows}();
CREATE TRIGGER cutover_capture_update AFTER UPDATE ON {table}
    REFERENCING NEW TABLE AS cutover_rows FOR EACH STATEMENT EXECUTE FUNCTION {on_rows}();
CREATE TRIGGER cutover_capture_delete AFTER DELETE ON {table}
    REFERENCING OLD TABLE AS cutover_rows FOR EACH STATEMENT EXECUTE FUNCTION {on_rows}();
CREATE TRIGGER cutover_capture_key AFTER UPDATE ON {table}
    FOR EACH ROW WHEN ({key_changed}) EXECUTE FUNCTION {on_old_key}();
CREATE TRIGGER cutover_capture_truncate AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION {on_truncate}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER cutover_capture_insert, ENABLE ALWAYS TRIGGER cutover_capture_update,
    ENABLE ALWAYS TRIGGER cutover_capture_delete, ENABLE ALWAYS TRIGGER cutover_capture_key,
    ENABLE ALWAYS TRIGGER cutover_capture_truncate
