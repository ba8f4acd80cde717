SELECT c.id, c.name, (SELECT count(*) FROM crm.people AS p WHERE p.company_id = c.id) AS people FROM crm.companies AS c
