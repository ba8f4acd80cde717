-- The id that Slack has for a channel, as it told when something was sent there.
select channel_id
from cutover_journal.announcement
where channel = %(channel)s and channel_id is not null
order by sent_at desc
limit 1
