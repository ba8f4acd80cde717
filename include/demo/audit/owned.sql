CASE WHEN left(o.reference, 2) = 'S-' THEN mod(substr(o.reference, 3)::integer, {every}) = {rest} ELSE true END
