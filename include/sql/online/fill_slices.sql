-- Cut the key space where a sample of it says that about equally many rows lie between two cuts.
INSERT INTO {fill} (slice, done, rows, {cursors}, {uppers})
WITH sample AS (
    SELECT {as_k} FROM ONLY {live} TABLESAMPLE SYSTEM ({percent})
), tiles AS (
    SELECT {ks}, ntile({slices}) OVER (ORDER BY {ks}) AS tile FROM sample
), cuts AS (
    SELECT DISTINCT ON (tile) tile, {ks} FROM tiles ORDER BY tile, {ks_descending}
), inner_cuts AS (
    SELECT row_number() OVER (ORDER BY {ks}) AS place, {ks} FROM cuts WHERE tile < {slices}
)
-- A slice holds the keys after its cursor up to and with its upper end; NULL is open.
SELECT n.place, false, 0, {lower_ks}, {upper_ks}
FROM generate_series(1, (SELECT count(*) + 1 FROM inner_cuts)) AS n (place)
LEFT JOIN inner_cuts AS lower_cut ON lower_cut.place = n.place - 1
LEFT JOIN inner_cuts AS upper_cut ON upper_cut.place = n.place
