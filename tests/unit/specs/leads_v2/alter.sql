-- A wider key, and room for preferences.
ALTER TABLE leads
    ALTER COLUMN id TYPE bigint,
    ADD COLUMN preferences jsonb NOT NULL DEFAULT '{}',
    DROP COLUMN legacy_flag;
ALTER TABLE ONLY leads ADD CONSTRAINT leads_email_check CHECK (email LIKE '%@%');
ALTER TABLE leads RENAME COLUMN mail TO email_address;
ALTER TABLE leads RENAME CONSTRAINT leads_mail_key TO leads_email_key;
CREATE INDEX leads_preferences_idx ON leads USING gin (preferences);
CREATE STATISTICS leads_stats ON status, city FROM leads;
COMMENT ON TABLE leads IS 'People who may become customers';
COMMENT ON COLUMN leads.preferences IS 'What they like';
COMMENT ON CONSTRAINT leads_email_check ON leads IS 'Rough, on purpose';
COMMENT ON INDEX leads_preferences_idx IS 'For segments';
