-- Everything that a process of the application owns or has made.
SELECT e.owner, e.name, e.known
FROM ({entities}) AS e
WHERE e.owner % {every} = {rest} OR e.owner > (SELECT accounts FROM demo.seeded)
