insert into cutover_journal.statement as s (
    recorder, position, run_id, step, attempt, kind, place, text, begun, ended, failed, rows, seconds, longest,
    first_at, last_at)
select %(recorder)s, position, %(run_id)s, %(step)s, %(attempt)s, kind, place, text, begun, ended, failed, rows,
       seconds, longest, clock_timestamp() - first_age * interval '1 second',
       clock_timestamp() - last_age * interval '1 second'
from jsonb_to_recordset(%(lines)s) as line (
    position int, kind text, place text, text text, begun bigint, ended bigint, failed bigint, rows bigint,
    seconds double precision, longest double precision, first_age double precision, last_age double precision)
on conflict (recorder, position) do update
set begun = excluded.begun,
    ended = excluded.ended,
    failed = excluded.failed,
    rows = excluded.rows,
    seconds = excluded.seconds,
    longest = excluded.longest,
    last_at = excluded.last_at
