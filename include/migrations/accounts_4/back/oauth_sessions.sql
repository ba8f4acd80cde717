SELECT s.id, s.account_id AS admin_id,
       CASE s.provider WHEN 'google' THEN 1 WHEN 'apple' THEN 2 WHEN 'facebook' THEN 3 END AS provider_code,
       s.access_token, s.refresh_token, s.scopes, s.ip, s.user_agent, s.created_at, s.expires_at, s.revoked_at
FROM sessions AS s
WHERE s.provider <> 'spotify'
