-- Subscriptions of this database, and the tables that they write to.
SELECT s.subname::text AS name, s.subenabled AS enabled,
       ARRAY(SELECT r.srrelid::regclass::text FROM pg_subscription_rel r WHERE r.srsubid = s.oid ORDER BY 1) AS tables
FROM pg_subscription s
JOIN pg_database d ON d.oid = s.subdbid
WHERE d.datname = current_database()
ORDER BY 1
