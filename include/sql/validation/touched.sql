(SELECT count(*) FROM (SELECT DISTINCT {names} FROM {pending} AS p) AS p JOIN {side} AS s ON {match})
