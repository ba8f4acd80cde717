SELECT count(*) > 100 FROM pg_stat_activity WHERE state = 'active'
