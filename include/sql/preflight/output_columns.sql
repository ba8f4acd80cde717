SELECT attname::text, format_type(atttypid, atttypmod), attcollation::regcollation::text
FROM pg_attribute WHERE attrelid = %(relation)s::oid AND attnum > 0 AND NOT attisdropped
ORDER BY attnum
