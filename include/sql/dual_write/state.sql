CREATE SCHEMA IF NOT EXISTS cutover_dual;
COMMENT ON SCHEMA cutover_dual IS 'Double writing of running Cutover migrations; removed by finalize and rollback.'
