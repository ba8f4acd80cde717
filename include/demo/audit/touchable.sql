-- Every order that a writer owns or made. CASE, because AND promises no order and only S-<n> ends in a number.
SELECT id, customer_id, reference, parent, external_no, status, placed_at, total, discount, net,
    recipient, note, details, revision, preferences
FROM ({live}) AS live
WHERE revision > 0
    OR CASE WHEN left(reference, 2) = 'S-' THEN mod(substr(reference, 3)::integer, {every}) = {rest} ELSE true END
