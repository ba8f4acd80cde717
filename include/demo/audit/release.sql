SELECT CASE WHEN EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = 'shop.orders'::regclass AND attname = 'recipient_first' AND NOT attisdropped
) THEN 2 ELSE 1 END
