-- No row: the claim was taken over, or the announcement is out.
update cutover_journal.announcement
set sending_at = clock_timestamp(), claimed_at = clock_timestamp(), channel = %(channel)s
where migration = %(migration)s and occasion = %(occasion)s and audience = %(audience)s and key = %(key)s
  and claimant = %(claimant)s and sent_at is null
returning true as ours
