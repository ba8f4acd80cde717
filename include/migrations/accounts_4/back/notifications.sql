SELECT m.id, m.account_id AS admin_id, m.about AS request_id,
       CASE m.channel WHEN 'email' THEN 1 WHEN 'push' THEN 2 WHEN 'sms' THEN 3 END AS channel_code,
       m.body, m.created_at AS sent_at, m.done_at AS read_at
FROM messages AS m
WHERE m.kind = 'sent'
