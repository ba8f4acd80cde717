SELECT a.id, a.email, a.display_name, a.password_hash,
       CASE a.role WHEN 'owner' THEN 1 WHEN 'editor' THEN 2 WHEN 'viewer' THEN 3 END AS role_code,
       a.created_at, a.last_login_at
FROM accounts AS a
