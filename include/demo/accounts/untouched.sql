-- Number and fingerprint of everything that no process of the application owns. The sum does not depend on any order.
SELECT count(*), coalesce(sum(('x' || left(md5(concat_ws('|', e.owner, e.name, e.known)), 15))::bit(60)::bigint::numeric), 0)
FROM ({entities}) AS e
WHERE NOT (e.owner % {every} = {rest} OR e.owner > (SELECT accounts FROM demo.seeded))
