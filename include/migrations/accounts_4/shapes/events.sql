-- An event, its rules in one column, and what its requests add up to.
SELECT e.id, e.admin_id AS account_id, e.title, e.slug, e.starts_at, e.ends_at,
       jsonb_build_object('open', e.requests_open, 'explicit', e.allow_explicit,
                          'max_per_guest', e.max_per_guest, 'min_tip', e.min_tip) AS rules,
       e.currency, e.theme, t.request_count, t.tips
FROM event_settings AS e
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS request_count, coalesce(sum(r.tip), 0)::numeric(12, 2) AS tips
    FROM requests AS r WHERE r.event_id = e.id) AS t
