-- Which database of which running server this is. A copy of a server that was restored somewhere has its system
-- identifier as well; it was not started at the same microsecond.
SELECT current_database()::text, pg_catalog.pg_postmaster_start_time()::text
