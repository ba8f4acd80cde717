SELECT m.id, m.event_id, m.person AS guest_name, m.contact AS guest_contact, m.song ->> 'uri' AS track_uri,
       m.song ->> 'artist' AS artist, m.song ->> 'title' AS title, m.body AS note, m.tip, m.votes,
       CASE m.status WHEN 'waiting' THEN 0 WHEN 'accepted' THEN 1 WHEN 'played' THEN 2 WHEN 'declined' THEN 3
       END AS status_code,
       m.created_at AS requested_at, m.done_at AS answered_at
FROM messages AS m
WHERE m.kind = 'received'
