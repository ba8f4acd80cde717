SELECT e.id, e.account_id AS admin_id, e.title, e.slug, e.starts_at, e.ends_at,
       (e.rules ->> 'open')::boolean AS requests_open, (e.rules ->> 'max_per_guest')::smallint AS max_per_guest,
       (e.rules ->> 'min_tip')::numeric(8, 2) AS min_tip, (e.rules ->> 'explicit')::boolean AS allow_explicit,
       e.currency, e.theme
FROM events AS e
