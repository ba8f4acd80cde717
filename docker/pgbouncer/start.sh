#!/bin/sh
# Writes PgBouncer's configuration and logins from the environment into memory, and becomes PgBouncer.
set -eu
umask 077
folder=${RUNTIME_DIRECTORY:-/run/pgbouncer}

cat >"$folder/userlist.txt" <<USERS
"cutover" "$CUTOVER_PASSWORD"
"shop_app" "$SHOP_APP_PASSWORD"
"pgbouncer_admin" "$PGBOUNCER_ADMIN_PASSWORD"
USERS

cat >"$folder/pgbouncer.ini" <<CONFIG
[databases]
shop = host=blue port=5432 dbname=shop

[pgbouncer]
listen_addr = *
listen_port = 6432
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $folder/userlist.txt
admin_users = pgbouncer_admin
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 20
ignore_startup_parameters = extra_float_digits
CONFIG

exec pgbouncer "$folder/pgbouncer.ini"
