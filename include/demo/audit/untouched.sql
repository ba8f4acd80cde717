-- A fingerprint of the orders that no writer owns: they must be in the end what they were at the beginning,
-- their time of change included.
SELECT count(*), coalesce(sum(hashtextextended(live::text, 0)), 0)::text
FROM ({live}) AS live
WHERE CASE WHEN left(reference, 2) = 'S-' THEN mod(substr(reference, 3)::integer, {every}) <> {rest} ELSE false END
