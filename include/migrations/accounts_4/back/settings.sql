SELECT a.id AS admin_id, s.key AS name, s.value -> 'value' AS value,
       (s.value ->> 'updated_at')::timestamptz AS updated_at
FROM accounts AS a CROSS JOIN LATERAL jsonb_each(a.settings) AS s
