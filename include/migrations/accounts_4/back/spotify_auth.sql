-- Both halves, which have to be there: who the account is at Spotify, and the token.
SELECT s.id, a.id AS admin_id, a.spotify ->> 'user_id' AS spotify_user_id, a.spotify ->> 'display_name' AS display_name,
       CASE a.spotify ->> 'product' WHEN 'free' THEN 0 WHEN 'open' THEN 1 WHEN 'premium' THEN 2 END AS product_code,
       (a.spotify ->> 'country')::char(2) AS country, s.scopes, s.access_token, s.refresh_token,
       s.expires_at AS token_expires_at, (a.spotify ->> 'connected_at')::timestamptz AS connected_at
FROM accounts AS a JOIN sessions AS s ON s.account_id = a.id AND s.provider = 'spotify'
WHERE a.spotify IS NOT NULL
