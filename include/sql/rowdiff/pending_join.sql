LEFT JOIN (SELECT DISTINCT {names} FROM {pending} AS p) AS p ON {match}
CROSS JOIN (SELECT EXISTS (SELECT FROM {pending} AS p WHERE p.op = 't') AS truncated) AS everything
