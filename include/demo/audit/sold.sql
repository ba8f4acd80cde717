-- Counter and movement are written by one transaction, so they agree at any moment.
SELECT (SELECT coalesce(sum(sold), 0) FROM shop.stock)::bigint, (SELECT count(*) FROM shop.movements WHERE source = 'pgbench')
