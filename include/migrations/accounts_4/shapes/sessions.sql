-- Every token in one place: those of logins, and that half of spotify_auth which is a token.
SELECT o.id, o.admin_id AS account_id,
       CASE o.provider_code WHEN 1 THEN 'google' WHEN 2 THEN 'apple' WHEN 3 THEN 'facebook' END AS provider,
       o.access_token, o.refresh_token, o.scopes, o.ip, o.user_agent, o.created_at, o.expires_at, o.revoked_at
FROM oauth_sessions AS o
UNION ALL
SELECT p.id, p.admin_id, 'spotify', p.access_token, p.refresh_token, p.scopes, NULL, NULL, p.connected_at,
       p.token_expires_at, NULL
FROM spotify_auth AS p
