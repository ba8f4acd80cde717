-- Three tables in one: an admin, the settings by name, and who the admin is at Spotify.
-- Moments within jsonb are written in UTC, whatever the time zone of the session that writes.
SELECT a.id, a.email, a.display_name, a.password_hash,
       CASE a.role_code WHEN 1 THEN 'owner' WHEN 2 THEN 'editor' WHEN 3 THEN 'viewer' END AS role,
       coalesce((SELECT jsonb_object_agg(s.name, jsonb_build_object(
                            'value', s.value,
                            'updated_at', to_char(s.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
                 FROM settings AS s WHERE s.admin_id = a.id), '{}') AS settings,
       (SELECT jsonb_build_object(
                   'user_id', p.spotify_user_id,
                   'display_name', p.display_name,
                   'product', CASE p.product_code WHEN 0 THEN 'free' WHEN 1 THEN 'open' WHEN 2 THEN 'premium' END,
                   'country', p.country,
                   'connected_at', to_char(p.connected_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        FROM spotify_auth AS p WHERE p.admin_id = a.id) AS spotify,
       a.created_at, a.last_login_at
FROM admins AS a
