SELECT writer, seq, count(*) AS copies FROM shop.ledger GROUP BY writer, seq
