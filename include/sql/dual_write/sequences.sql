-- Sequences that feed a column of a table (identity or serial), and in which direction they count.
SELECT d.objid::regclass::text, a.attname, CASE WHEN s.seqincrement > 0 THEN 'max' ELSE 'min' END
FROM pg_depend AS d
JOIN pg_sequence AS s ON s.seqrelid = d.objid
JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
JOIN pg_class AS c ON c.oid = d.refobjid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
      AND n.nspname = %(schema)s AND c.relname = %(name)s
ORDER BY 1
