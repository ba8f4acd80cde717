-- DAG runs with a question that nobody has answered, about a run that is no longer in the state it was asked in.
with last as (
    select distinct on (run_id, data ->> 'task', data ->> 'dag_run_id')
           run_id, kind, data ->> 'dag_id' as dag_id, data ->> 'dag_run_id' as dag_run_id
    from cutover_journal.event
    where kind in ('approval_asked', 'approval', 'approval_withdrawn')
    order by run_id, data ->> 'task', data ->> 'dag_run_id', position desc
)
select distinct run_id, last.dag_id, last.dag_run_id
from last
join cutover_journal.run using (run_id)
where last.kind = 'approval_asked' and last.dag_id = any(%(dag_ids)s::text[]) and run.state <> %(state)s
order by run_id, last.dag_id, last.dag_run_id
