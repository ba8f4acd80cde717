-- What this database has counted: transactions, and deadlocks.
SELECT xact_commit, xact_rollback, deadlocks FROM pg_stat_database WHERE datname = current_database()
