SELECT source, client, seq, count(*) AS copies FROM shop.movements GROUP BY source, client, seq
