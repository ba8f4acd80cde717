-- Rows from both ends of the key and from random pages: old rows, new rows, and what lies between.
CREATE TABLE {sample} AS
SELECT row_number() OVER () AS cutover_n, s.*
FROM (
    SELECT DISTINCT ON ({key}) u.*
    FROM (
        (SELECT * FROM {live} ORDER BY {key} LIMIT {quarter})
        UNION ALL
        (SELECT * FROM {live} ORDER BY {key_descending} LIMIT {quarter})
        UNION ALL
        (SELECT * FROM {live} TABLESAMPLE SYSTEM ({percent}) REPEATABLE (1) LIMIT {half})
    ) AS u
    ORDER BY {key}
) AS s
