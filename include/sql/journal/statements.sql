-- Attempts of a step are added up; what was under way when its worker ended has begun and neither ended nor failed.
select step, kind, place, text,
       array_agg(distinct attempt order by attempt) as attempts,
       sum(begun)::bigint as begun,
       sum(ended)::bigint as ended,
       sum(failed)::bigint as failed,
       sum(rows)::bigint as rows,
       sum(seconds) as seconds,
       max(longest) as longest,
       min(first_at) as first_at,
       max(last_at) as last_at
from cutover_journal.statement
where run_id = %(run_id)s
group by step, kind, place, text
order by min(first_at), min(position)
