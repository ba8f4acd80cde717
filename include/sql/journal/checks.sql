-- Unless history is asked for, a check that ran again counts with its newest verdict only.
select code, name, object, ok, severity, summary, figures, recorded_at
from cutover_journal.verdict v
where run_id = %(run_id)s
  and (%(history)s or not exists (
      select from cutover_journal.verdict n
      where n.run_id = v.run_id and n.position > v.position
        and n.code = v.code and n.name = v.name and n.object is not distinct from v.object))
order by position
