-- One statement, one snapshot. A key without a log entry is on both sides or on neither, so the counts may differ by
-- exactly the keys in the log that are there on one side only.
SELECT
    (SELECT count(*) FROM {left} AS l),
    (SELECT count(*) FROM {right} AS r),
    {left_touched},
    {right_touched},
    {truncated}
