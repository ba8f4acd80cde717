INSERT INTO shop.ledger (writer, seq) VALUES (%(writer)s, %(seq)s)
