SELECT count(*) FROM orders WHERE placed_at > now() + interval '1 hour'
