-- A table that shapes are made from: can statement triggers on it see all of its rows, and may we make them?
SELECT c.relkind = 'r' AND NOT c.relispartition AND NOT EXISTS (
           SELECT FROM pg_inherits AS i WHERE c.oid IN (i.inhrelid, i.inhparent)),
       CASE WHEN c.relkind = 'r' AND c.relispartition THEN 'a partition'
            WHEN c.relkind = 'r' THEN 'part of an inheritance tree'
            WHEN c.relkind = 'p' THEN 'partitioned' WHEN c.relkind = 'v' THEN 'a view'
            WHEN c.relkind = 'm' THEN 'a materialized view' WHEN c.relkind = 'f' THEN 'a foreign table'
            ELSE 'no table' END,
       pg_has_role(c.relowner, 'USAGE'), pg_get_userbyid(c.relowner), current_user
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(name)s
