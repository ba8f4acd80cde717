CREATE TABLE crm.accounts (id bigint PRIMARY KEY, name text NOT NULL, people bigint NOT NULL);
