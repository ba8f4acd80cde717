#!/bin/sh
# Runs once, in a new and empty cluster: makes the databases and the roles that Cutover works as.
# Passwords come from the environment and go to psql as variables, never into SQL text.
set -eu

# What migrations run as: owns its database, makes others (the target of a blue-green migration, and its design), sees
# all activity, may end blockers; no superuser.
migrator() {
  psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" -v password="$CUTOVER_PASSWORD" -v database="$1" <<'SQL'
    set client_min_messages = warning;
    select 'create role cutover login replication createdb'
     where not exists (select from pg_roles where rolname = 'cutover') \gexec
    alter role cutover password :'password';
    grant pg_monitor, pg_signal_backend, pg_checkpoint, pg_create_subscription to cutover;
    grant set on parameter session_replication_role to cutover;
    create database :"database" owner cutover;
SQL
}

# An application or service: a login, and a database of its own where $3 names one.
login() {
  psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" -v role="$1" -v password="$2" <<'SQL'
    create role :"role" login password :'password';
SQL
  if [ -n "${3:-}" ]; then
    psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" -v role="$1" -v database="$3" <<'SQL'
      create database :"database" owner :"role";
SQL
  fi
}

case "$CUTOVER_CLUSTER" in
  metadata)
    login airflow "$AIRFLOW_DATABASE_PASSWORD" airflow
    migrator journal
    migrator flags
    migrator flags_staging
    ;;
  blue | green)
    migrator shop
    migrator shop_staging
    login shop_app "$SHOP_APP_PASSWORD"
    ;;
  *)
    echo "CUTOVER_CLUSTER is '$CUTOVER_CLUSTER'; expected metadata, blue or green" >&2
    exit 1
    ;;
esac
