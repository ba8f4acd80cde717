-- What guests ask for (received), and what admins are told about it (sent).
SELECT 'received' AS kind, r.id, r.event_id, NULL::bigint AS account_id, NULL::bigint AS about,
       r.guest_name AS person, r.guest_contact AS contact, 'web' AS channel,
       CASE r.status_code WHEN 0 THEN 'waiting' WHEN 1 THEN 'accepted' WHEN 2 THEN 'played' WHEN 3 THEN 'declined'
       END AS status,
       jsonb_build_object('uri', r.track_uri, 'artist', r.artist, 'title', r.title) AS song,
       r.note AS body, r.tip, r.votes, r.requested_at AS created_at, r.answered_at AS done_at
FROM requests AS r
UNION ALL
SELECT 'sent', n.id, NULL, n.admin_id, n.request_id, NULL, NULL,
       CASE n.channel_code WHEN 1 THEN 'email' WHEN 2 THEN 'push' WHEN 3 THEN 'sms' END,
       CASE WHEN n.read_at IS NULL THEN 'unread' ELSE 'read' END,
       NULL, n.body, NULL::numeric(8, 2), NULL, n.sent_at, n.read_at
FROM notifications AS n
