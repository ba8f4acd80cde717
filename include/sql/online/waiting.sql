-- How many log entries wait, and how many transactions ago the oldest of them was written.
SELECT count(*), max(age(x.writer))
FROM (
    SELECT xmin AS writer FROM {log}
    UNION ALL
    SELECT xmin FROM cutover.truncation WHERE (number, ordinal, live) = ({number}, {ordinal}, {live})
) AS x
