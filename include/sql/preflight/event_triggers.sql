SELECT e.evtname::text AS name, e.evtevent::text AS event, e.evttags AS tags, e.evtfoid::regprocedure::text AS function
FROM pg_event_trigger e
WHERE e.evtenabled <> 'D' AND e.evtevent <> 'login'
ORDER BY e.evtname
