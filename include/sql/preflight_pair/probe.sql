-- Let this server open the connection that a subscription here would open, and keep nothing of it. The error is caught,
-- so that no log gets the statement with its password. The caller rolls back.
DO $probe$
BEGIN
    EXECUTE format(
        'CREATE SUBSCRIPTION cutover_preflight CONNECTION %L PUBLICATION %I'
        ' WITH (create_slot = false, slot_name = NONE, enabled = false, copy_data = false)',
        current_setting('cutover.probe'), current_setting('cutover.publication'));
    PERFORM set_config('cutover.probe', '', true);
EXCEPTION WHEN OTHERS THEN
    PERFORM set_config('cutover.probe', SQLERRM, true);
END
$probe$
