CREATE INDEX IF NOT EXISTS ledger_booked ON ledger (booked_at);
