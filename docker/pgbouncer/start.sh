#!/bin/sh
# Writes PgBouncer's configuration and logins from the environment into memory, and becomes PgBouncer. Where the pool
# leads is kept in a file of its own: a cutover changes it, and a restart must not take that back.
set -eu
umask 077
folder=${RUNTIME_DIRECTORY:-/run/pgbouncer}
routes=${ROUTES_DIRECTORY:-/routes}

if [ ! -e "$routes/databases.ini" ]; then
  (umask 022 && printf '[databases]\nshop = host=blue port=5432 dbname=shop\nshop_staging = host=blue port=5432 dbname=shop_staging\n' >"$routes/databases.ini")
fi

cat >"$folder/userlist.txt" <<USERS
"cutover" "$CUTOVER_PASSWORD"
"shop_app" "$SHOP_APP_PASSWORD"
"pgbouncer_admin" "$PGBOUNCER_ADMIN_PASSWORD"
USERS

cat >"$folder/pgbouncer.ini" <<CONFIG
%include $routes/databases.ini

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
# By default a pool waits 15 seconds before it looks again at a server that has been away.
server_login_retry = 1
ignore_startup_parameters = extra_float_digits
CONFIG

exec pgbouncer "$folder/pgbouncer.ini"
