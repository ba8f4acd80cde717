-- Rows of the subject whose parent is missing. NULL in any column refers to nothing (MATCH SIMPLE).
SELECT child.* FROM pg_temp.subject AS child
WHERE {filled} AND NOT EXISTS (SELECT FROM {parent} AS parent WHERE {match})
