delete from cutover_journal.announcement
where migration = %(migration)s and occasion = %(occasion)s and audience = %(audience)s and key = %(key)s
  and claimant = %(claimant)s and sent_at is null
