DROP TABLE IF EXISTS crm.accounts;
