-- What else refers to a table by oid, as statements that bind it to whatever has the table's name when they are run:
-- functions with an SQL-standard body, policies of other tables, publications.
SELECT statement FROM (
    SELECT 1, pg_get_functiondef(p.oid)
    FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
    WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = %(table)s::oid AND p.prosqlbody IS NOT NULL
    GROUP BY p.oid
    UNION ALL
    SELECT 2, format('ALTER POLICY %%I ON %%s%%s%%s', p.polname, p.polrelid::regclass,
                     CASE WHEN p.polqual IS NOT NULL THEN format(' USING (%%s)', pg_get_expr(p.polqual, p.polrelid)) END,
                     CASE WHEN p.polwithcheck IS NOT NULL THEN format(' WITH CHECK (%%s)', pg_get_expr(p.polwithcheck, p.polrelid)) END)
    FROM pg_policy p
    WHERE p.polrelid <> %(table)s::oid AND EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid = %(table)s::oid)
    UNION ALL
    SELECT 3, format('ALTER PUBLICATION %%I DROP TABLE %%I.%%I', p.pubname, %(follower_schema)s::text, c.relname)
    FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid JOIN pg_class c ON c.oid = r.prrelid
    WHERE r.prrelid = %(table)s::oid
    UNION ALL
    SELECT 4, format('ALTER PUBLICATION %%I ADD TABLE %%I.%%I%%s%%s', p.pubname, n.nspname, c.relname,
                     (SELECT format(' (%%s)', string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum))
                      FROM unnest(r.prattrs) k JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = k HAVING count(*) > 0),
                     CASE WHEN r.prqual IS NOT NULL THEN format(' WHERE (%%s)', pg_get_expr(r.prqual, r.prrelid)) END)
    FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
    JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.prrelid = %(table)s::oid
) AS s (place, statement)
ORDER BY place, statement
