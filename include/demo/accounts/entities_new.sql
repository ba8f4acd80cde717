-- The same as entities_old.sql, told from the new tables.
SELECT a.id AS owner, 'account' AS kind, 'account:' || a.id AS name,
       jsonb_build_object('email', a.email, 'name', a.display_name, 'password', a.password_hash, 'role', a.role,
                          'created', a.created_at, 'login', a.last_login_at) AS known
FROM public.accounts AS a
UNION ALL
SELECT a.id, 'setting', 'setting:' || a.id || '/' || s.key,
       jsonb_build_object('value', s.value -> 'value', 'updated', (s.value ->> 'updated_at')::timestamptz)
FROM public.accounts AS a CROSS JOIN LATERAL jsonb_each(a.settings) AS s
UNION ALL
SELECT a.id, 'spotify', 'spotify:' || a.id,
       jsonb_build_object('id', s.id, 'user', a.spotify ->> 'user_id', 'name', a.spotify ->> 'display_name',
                          'product', a.spotify ->> 'product', 'country', a.spotify ->> 'country',
                          'scopes', s.scopes, 'access', s.access_token, 'refresh', s.refresh_token,
                          'expires', s.expires_at, 'connected', (a.spotify ->> 'connected_at')::timestamptz)
FROM public.accounts AS a JOIN public.sessions AS s ON s.account_id = a.id AND s.provider = 'spotify'
WHERE a.spotify IS NOT NULL
UNION ALL
SELECT s.account_id, 'session', 'session:' || s.id,
       jsonb_build_object('provider', s.provider, 'access', s.access_token, 'refresh', s.refresh_token,
                          'scopes', s.scopes, 'ip', s.ip, 'agent', s.user_agent,
                          'created', s.created_at, 'expires', s.expires_at, 'revoked', s.revoked_at)
FROM public.sessions AS s WHERE s.provider <> 'spotify'
UNION ALL
SELECT e.account_id, 'event', 'event:' || e.id,
       jsonb_build_object('title', e.title, 'slug', e.slug, 'starts', e.starts_at, 'ends', e.ends_at,
                          'open', e.rules -> 'open', 'explicit', e.rules -> 'explicit',
                          'max_per_guest', e.rules -> 'max_per_guest', 'min_tip', e.rules ->> 'min_tip',
                          'currency', e.currency, 'theme', e.theme,
                          'requests', e.request_count, 'tips', e.tips::text)
FROM public.events AS e
UNION ALL
SELECT e.account_id, 'request', 'request:' || m.id,
       jsonb_build_object('event', m.event_id, 'guest', m.person, 'contact', m.contact, 'uri', m.song ->> 'uri',
                          'artist', m.song ->> 'artist', 'title', m.song ->> 'title', 'note', m.body,
                          'tip', m.tip::text, 'votes', m.votes, 'status', m.status,
                          'at', m.created_at, 'answered', m.done_at)
FROM public.events AS e JOIN public.messages AS m ON m.event_id = e.id
UNION ALL
SELECT m.account_id, 'notification', 'notification:' || m.id,
       jsonb_build_object('request', m.about, 'channel', m.channel, 'body', m.body,
                          'sent', m.created_at, 'read', m.done_at)
FROM public.messages AS m WHERE m.account_id IS NOT NULL
