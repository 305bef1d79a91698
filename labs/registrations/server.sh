#!/bin/bash
# What a server runs: makes its database from the scripts on the first start, and PostgreSQL on every one.
# Arguments and environment: as make-database.sh has them.
set -euo pipefail
cd /var/lib/postgresql

readonly PLACE=/var/lib/postgresql/data/pgdata
readonly SETTINGS=(
  -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=200 -c log_min_messages=warning
  -c wal_level=logical -c max_wal_senders=20 -c max_replication_slots=20 -c max_worker_processes=20
  -c max_logical_replication_workers=16 -c wal_retrieve_retry_interval=500ms
  -c wal_receiver_timeout=4s -c wal_sender_timeout=4s -c wal_receiver_status_interval=1s
  -c client_connection_check_interval=200ms -c tcp_user_timeout=5s
  -c idle_in_transaction_session_timeout=30s -c track_commit_timestamp=on
)

# Made beside its place and moved there when it is whole: a start that was cut short leaves nothing behind.
initialise() (
  export PGDATA=$PLACE.new
  rm -rf "$PGDATA"
  initdb -U postgres -k -E UTF8 --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 >/dev/null
  echo 'host all all 0.0.0.0/0 scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl start -w -s -o "-c listen_addresses='' -c unix_socket_directories=/tmp -c wal_level=logical"
  bash /registrations/make-database.sh "$@"
  pg_ctl stop -w -s -m fast
  mv "$PGDATA" "$PLACE"
)

[ -s "$PLACE/PG_VERSION" ] || initialise "$@"
exec postgres -D "$PLACE" "${SETTINGS[@]}"
