#!/bin/bash
# What a server runs: makes its database on the first start, and PostgreSQL on every one.
set -euo pipefail

readonly PLACE=/var/lib/postgresql/data/pgdata
# Small, as there are seventeen of them. A session whose client is gone ends at once: it may hold locks.
readonly SETTINGS=(
  -c listen_addresses='*' -c unix_socket_directories=/tmp -c log_min_messages=warning
  -c max_connections=60 -c max_prepared_transactions=40
  -c shared_buffers=16MB -c min_wal_size=32MB -c max_wal_size=128MB -c max_wal_senders=0 -c wal_level=minimal
  -c max_worker_processes=2 -c max_parallel_workers=0 -c autovacuum_naptime=5min -c jit=off
  -c client_connection_check_interval=200ms -c tcp_user_timeout=5s
  # Seventeen that start together would all sync their files at once, every five minutes, and the decision log, on the
  # same disk, would wait a second or more for each of its commits: each has a time of its own, and a long one.
  -c checkpoint_timeout="$((1200 + $(hostname | cksum | cut -d ' ' -f 1) % 900))s"
)

# Made beside its place and moved there when it is whole: a start that was cut short leaves nothing behind.
initialise() {
  rm -rf "$PLACE.new"
  initdb -D "$PLACE.new" -U postgres -k -E UTF8 --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 \
    --no-sync --no-instructions >/dev/null
  echo 'host all all 0.0.0.0/0 scram-sha-256' >>"$PLACE.new/pg_hba.conf"
  # One command a line, and no server to start and stop. An executor logs in for every transaction, in every database:
  # the password of a lab is not worth the work of 4,096 rounds each time.
  postgres --single -D "$PLACE.new" postgres >/dev/null <<SQL
SET scram_iterations = 16
CREATE ROLE app LOGIN PASSWORD '$(cat /sharded/app.password)' IN ROLE pg_monitor
CREATE DATABASE app OWNER app
SQL
  initdb -D "$PLACE.new" --sync-only >/dev/null
  mv "$PLACE.new" "$PLACE"
}

[ -s "$PLACE/PG_VERSION" ] || initialise
exec postgres -D "$PLACE" "${SETTINGS[@]}"
