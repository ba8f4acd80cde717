-- Rows elsewhere whose parent the subject lacks. A parent that is on its way counts as there.
SELECT child.* FROM {child} AS child
WHERE {filled}
  AND NOT EXISTS (SELECT FROM {subject} AS parent WHERE {match})
  AND NOT EXISTS (SELECT FROM ({in_flight}) AS parent WHERE {match})
