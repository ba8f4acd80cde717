-- Foreign keys that refer to one of these tables, with what makes them anew, and what they refer to.
SELECT format('%%I.%%I', n.nspname, t.relname), c.conname, pg_get_constraintdef(c.oid),
       format('%%I.%%I', rn.nspname, r.relname)
FROM pg_constraint AS c
JOIN pg_class AS t ON t.oid = c.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_class AS r ON r.oid = c.confrelid
JOIN pg_namespace AS rn ON rn.oid = r.relnamespace
WHERE c.contype = 'f' AND c.conparentid = 0 AND c.confrelid = ANY (%(tables)s::regclass[])
ORDER BY 1, 2
