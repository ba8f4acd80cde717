-- Every row once, in one of 4096 buckets by its own text: where both sides have the same rows, every bucket agrees.
SELECT fingerprint & 4095 AS bucket, count(*), sum(fingerprint)::text
FROM (SELECT hashtextextended(ROW({columns})::text, 0) AS fingerprint FROM {table}) AS rows
GROUP BY bucket
