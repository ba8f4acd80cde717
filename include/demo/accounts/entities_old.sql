-- Everything that the application knows, one row for each thing, told from the old tables: whose it is, what kind of thing,
-- what it is called, and what is known of it. entities_new.sql says the same of the new tables; shares nothing with the spec.
SELECT a.id AS owner, 'account' AS kind, 'account:' || a.id AS name,
       jsonb_build_object('email', a.email, 'name', a.display_name, 'password', a.password_hash,
                          'role', (ARRAY['owner', 'editor', 'viewer'])[a.role_code],
                          'created', a.created_at, 'login', a.last_login_at) AS known
FROM public.admins AS a
UNION ALL
SELECT s.admin_id, 'setting', 'setting:' || s.admin_id || '/' || s.name,
       jsonb_build_object('value', s.value, 'updated', s.updated_at)
FROM public.settings AS s
UNION ALL
SELECT p.admin_id, 'spotify', 'spotify:' || p.admin_id,
       jsonb_build_object('id', p.id, 'user', p.spotify_user_id, 'name', p.display_name,
                          'product', (ARRAY['free', 'open', 'premium'])[1 + p.product_code], 'country', p.country,
                          'scopes', p.scopes, 'access', p.access_token, 'refresh', p.refresh_token,
                          'expires', p.token_expires_at, 'connected', p.connected_at)
FROM public.spotify_auth AS p
UNION ALL
SELECT o.admin_id, 'session', 'session:' || o.id,
       jsonb_build_object('provider', (ARRAY['google', 'apple', 'facebook'])[o.provider_code], 'access', o.access_token,
                          'refresh', o.refresh_token, 'scopes', o.scopes, 'ip', o.ip, 'agent', o.user_agent,
                          'created', o.created_at, 'expires', o.expires_at, 'revoked', o.revoked_at)
FROM public.oauth_sessions AS o
UNION ALL
SELECT e.admin_id, 'event', 'event:' || e.id,
       jsonb_build_object('title', e.title, 'slug', e.slug, 'starts', e.starts_at, 'ends', e.ends_at,
                          'open', e.requests_open, 'explicit', e.allow_explicit, 'max_per_guest', e.max_per_guest,
                          'min_tip', e.min_tip::text, 'currency', e.currency, 'theme', e.theme,
                          'requests', t.requests, 'tips', t.tips::text)
FROM public.event_settings AS e
CROSS JOIN LATERAL (SELECT count(*) AS requests, coalesce(sum(r.tip), 0.00) AS tips
                    FROM public.requests AS r WHERE r.event_id = e.id) AS t
UNION ALL
SELECT e.admin_id, 'request', 'request:' || r.id,
       jsonb_build_object('event', r.event_id, 'guest', r.guest_name, 'contact', r.guest_contact, 'uri', r.track_uri,
                          'artist', r.artist, 'title', r.title, 'note', r.note, 'tip', r.tip::text, 'votes', r.votes,
                          'status', (ARRAY['waiting', 'accepted', 'played', 'declined'])[1 + r.status_code],
                          'at', r.requested_at, 'answered', r.answered_at)
FROM public.event_settings AS e JOIN public.requests AS r ON r.event_id = e.id
UNION ALL
SELECT n.admin_id, 'notification', 'notification:' || n.id,
       jsonb_build_object('request', n.request_id, 'channel', (ARRAY['email', 'push', 'sms'])[n.channel_code],
                          'body', n.body, 'sent', n.sent_at, 'read', n.read_at)
FROM public.notifications AS n
