#!/bin/bash
# What a server of PostgreSQL runs: makes its database on the first start, and PostgreSQL on every one.
# From the environment: PASSWORD_FILE, of the role `postgres`.
set -euo pipefail

readonly PLACE=/var/lib/postgresql/data/pgdata

# Made beside its place and moved there when it is whole: a start that was cut short leaves nothing behind.
if [ ! -s "$PLACE/PG_VERSION" ]; then
  rm -rf "$PLACE.new"
  initdb -D "$PLACE.new" -U postgres -k -E UTF8 --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 \
    --pwfile="$PASSWORD_FILE" >/dev/null
  echo 'host all all 0.0.0.0/0 scram-sha-256' >>"$PLACE.new/pg_hba.conf"
  mv "$PLACE.new" "$PLACE"
fi
exec postgres -D "$PLACE" -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=60 \
  -c shared_buffers=128MB -c maintenance_work_mem=128MB -c log_min_messages=warning \
  -c client_connection_check_interval=200ms -c tcp_user_timeout=5s
