-- Rows for old.sql, about half of them requests. How many in all is said before: SET demo.rows = '500000'.
-- The same number gives the same rows. 1 of 50 is an admin, who has three settings, two logins and two events.
INSERT INTO admins (id, email, display_name, password_hash, role_code, created_at, last_login_at)
SELECT n, 'admin' || n || '@' || (ARRAY['club', 'bar', 'wedding'])[1 + n % 3] || '.example', 'Admin ' || n,
       CASE WHEN n % 5 > 0 THEN md5('password' || n) END, 1 + n % 3,
       timestamptz '2024-01-01 00:00Z' + n * interval '977.000123 s',
       CASE WHEN n % 7 > 0 THEN timestamptz '2026-06-01 00:00Z' + n * interval '31.5 s' END
FROM generate_series(1, current_setting('demo.rows')::int / 50) AS n;

ANALYZE admins;

INSERT INTO settings (admin_id, name, value, updated_at)
SELECT a.id, s.name,
       CASE s.name WHEN 'language' THEN to_jsonb((ARRAY['de', 'en', ''])[1 + a.id % 3])
                   WHEN 'volume' THEN to_jsonb((a.id % 1000) / 100.0)
                   ELSE jsonb_build_object('dark', a.id % 2 = 0, 'accent', NULL, 'tags', ARRAY['a', 'b']) END,
       a.created_at + interval '1.000001 s'
FROM admins AS a CROSS JOIN (VALUES ('language'), ('volume'), ('theme')) AS s (name);

INSERT INTO spotify_auth (id, admin_id, spotify_user_id, display_name, product_code, country, scopes, access_token,
                          refresh_token, token_expires_at, connected_at)
SELECT md5('spotify' || a.id)::uuid, a.id, 'user-' || a.id, CASE WHEN a.id % 3 > 0 THEN a.display_name END, a.id % 3,
       CASE WHEN a.id % 6 > 0 THEN (ARRAY['DE', 'US', 'FR'])[1 + a.id % 3] END,
       CASE a.id % 3 WHEN 0 THEN '{}' WHEN 1 THEN '{streaming}' ELSE '{streaming,playlist-read-private}' END::text[],
       CASE WHEN a.id % 8 > 0 THEN 'BQ' || md5('access' || a.id) END, 'AQ' || md5('refresh' || a.id),
       CASE WHEN a.id % 8 > 0 THEN a.created_at + interval '1 hour' END, a.created_at + interval '10 minutes'
FROM admins AS a WHERE a.id % 4 > 0;

INSERT INTO oauth_sessions (id, admin_id, provider_code, access_token, refresh_token, scopes, ip, user_agent, created_at,
                            expires_at, revoked_at)
SELECT md5('login' || a.id || '/' || n)::uuid, a.id, 1 + (a.id + n) % 3, md5('token' || a.id || n),
       CASE WHEN n = 1 THEN md5('again' || a.id) END, CASE WHEN n = 1 THEN '{openid,email}' ELSE '{}' END::text[],
       CASE WHEN n = 1 THEN inet '10.0.0.0' + a.id END, CASE WHEN a.id % 9 > 0 THEN 'Browser/' || a.id % 20 END,
       a.created_at + n * interval '1 day', a.created_at + n * interval '31 days',
       CASE WHEN a.id % 11 = 0 THEN a.created_at + interval '2 days' END
FROM admins AS a CROSS JOIN generate_series(1, 2) AS n;

INSERT INTO event_settings (id, admin_id, title, slug, starts_at, ends_at, requests_open, max_per_guest, min_tip,
                            allow_explicit, currency, theme)
SELECT md5('event' || n)::uuid, a.id, 'Night ' || n || ' with ' || a.display_name, 'night-' || n,
       a.created_at + n % 300 * interval '1 day',
       CASE WHEN n % 6 > 0 THEN a.created_at + n % 300 * interval '1 day' + interval '6 hours' END,
       n % 4 > 0, CASE WHEN n % 3 > 0 THEN 1 + n % 5 END, CASE WHEN n % 5 = 0 THEN n % 7 + 0.5 END, n % 2 = 0,
       (ARRAY['EUR', 'USD', 'CHF'])[1 + n % 3], CASE WHEN n % 4 = 0 THEN jsonb_build_object('color', n % 360, 'logo', NULL) END
FROM admins AS a CROSS JOIN LATERAL (VALUES (2 * a.id - 1), (2 * a.id)) AS e (n);

-- Whatever the parts above and below leave of the number.
INSERT INTO requests (id, event_id, guest_name, guest_contact, track_uri, artist, title, note, tip, votes, status_code,
                      requested_at, answered_at)
SELECT n, md5('event' || 1 + n % e.events)::uuid, 'Guest ' || n % 5000, CASE WHEN n % 4 = 0 THEN 'guest' || n || '@mail.example' END,
       CASE WHEN n % 10 > 0 THEN 'spotify:track:' || md5('track' || n % 20000) END,
       CASE WHEN n % 12 > 0 THEN 'Artist ' || n % 800 END, 'Song ' || n % 20000,
       CASE n % 3 WHEN 0 THEN 'for ' || n % 97 || ', "please"' WHEN 1 THEN '' END,
       CASE WHEN n % 5 = 0 THEN n % 2000 / 100.0 ELSE 0 END, n % 17, n % 4,
       timestamptz '2026-01-01 00:00Z' + n * interval '17.000007 s',
       CASE WHEN n % 4 > 0 THEN timestamptz '2026-01-01 00:00Z' + n * interval '17.000007 s' + interval '5 minutes' END
FROM (SELECT count(*) AS events FROM event_settings) AS e
CROSS JOIN generate_series(1, current_setting('demo.rows')::int - current_setting('demo.rows')::int * 3 / 10
                              - (SELECT count(*) FROM admins) - (SELECT count(*) FROM settings)
                              - (SELECT count(*) FROM spotify_auth) - (SELECT count(*) FROM oauth_sessions) - e.events) AS n;
ANALYZE event_settings, requests;

INSERT INTO notifications (id, admin_id, request_id, channel_code, body, sent_at, read_at)
SELECT n, coalesce(e.admin_id, 1 + n % (SELECT count(*) FROM admins)), r.id, 1 + n % 3,
       CASE WHEN r.id IS NULL THEN 'Your weekly numbers' ELSE r.guest_name || ' asks for ' || r.title END,
       coalesce(r.requested_at, timestamptz '2026-02-01 00:00Z') + interval '2 s',
       CASE WHEN n % 3 > 0 THEN coalesce(r.requested_at, timestamptz '2026-02-01 00:00Z') + interval '1 minute' END
FROM generate_series(1, current_setting('demo.rows')::int * 3 / 10) AS n
LEFT JOIN requests AS r ON r.id = n AND n % 10 > 0
LEFT JOIN event_settings AS e ON e.id = r.event_id;

SELECT setval(pg_get_serial_sequence('admins', 'id'), (SELECT max(id) FROM admins)),
       setval(pg_get_serial_sequence('requests', 'id'), (SELECT max(id) FROM requests)),
       setval(pg_get_serial_sequence('notifications', 'id'), (SELECT max(id) FROM notifications));
ANALYZE admins, settings, spotify_auth, oauth_sessions, notifications;
