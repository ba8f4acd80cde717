-- Runs of which somebody may still have to be told; rehearsals are nobody's business.
select r.*
from cutover_journal.run as r, jsonb_path_query_array(r.spec, '$.announce.audiences.* ? (@ != null)') as audiences
where not r.dry_run and r.rehearsal_of is null
  and (r.ended_at is null or r.ended_at > %(since)s)
  and jsonb_array_length(audiences) > 0
order by r.number
