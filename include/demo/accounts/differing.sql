-- What one side knows and the other one does not, in both directions.
(SELECT 'the old side alone' AS side, d.owner, d.name, d.known
 FROM (SELECT owner, name, known FROM ({old}) AS o EXCEPT ALL SELECT owner, name, known FROM ({new}) AS n) AS d)
UNION ALL
(SELECT 'the new side alone', d.owner, d.name, d.known
 FROM (SELECT owner, name, known FROM ({new}) AS n EXCEPT ALL SELECT owner, name, known FROM ({old}) AS o) AS d)
