select series, at, data
from (
    select position, series, at, data
    from cutover_journal.sample
    where run_id = %(run_id)s and (%(series)s::text is null or series = %(series)s)
    order by position desc
    limit %(limit)s
) as latest
order by position
