select migration, occasion, audience, key, moment, run_id, window_start, channel, channel_id, ts, sent_at, late, uncertain
from cutover_journal.announcement
where migration = %(migration)s and sent_at is not null
order by sent_at
