-- Physical standbys of this server and their positions, in bytes since 0/0. `visible` is false where this role may
-- not see them (the server then shows the row, but empty). Base backups and logical receivers are no standbys; what
-- receives WAL only to keep it (pg_receivewal) replays nothing and so has no replay position.
select r.application_name as name,
       r.client_addr::text as address,
       (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint as current_lsn,
       (r.replay_lsn - '0/0'::pg_lsn)::bigint as replay_lsn,
       extract(epoch from r.replay_lag)::float8 as reported_seconds,
       r.state is not null as visible
from pg_stat_replication r
where not exists (
    select from pg_replication_slots s where s.active_pid = r.pid and s.slot_type = 'logical')
  and (r.state is null or (r.state <> 'backup' and r.replay_lsn is not null))
order by r.application_name, r.client_addr, r.pid
