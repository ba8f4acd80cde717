-- By whomever it was claimed meanwhile: it is out.
update cutover_journal.announcement
set channel = %(channel)s, channel_id = %(channel_id)s, ts = %(ts)s, late = %(late)s, uncertain = %(uncertain)s,
    sent_at = clock_timestamp()
where migration = %(migration)s and occasion = %(occasion)s and audience = %(audience)s and key = %(key)s
  and sent_at is null
