"""The demo: a shop with live writers, migrated under their hands, and a ledger that counts every commit."""
