#!/bin/bash
# What a server of the pair runs. By the naive rule it simply runs PostgreSQL, as whatever its data directory says. By
# the fenced rule it asks the proxy before every start, and goes on asking: a primary that does not lead any more is
# stopped, tells what it took past the fork, and comes back as a standby.
#
# From the environment: NODE (its name), FIRST_ROLE (primary or standby, before there is any data), PEER (the other
# server's address), RULE (naive or fenced), PROXY (the proxy's URL).
set -uo pipefail
cd /var/lib/postgresql
. /pair/rejoin.sh

export PGDATA=/var/lib/postgresql/data/pgdata PGUSER=postgres PGPASSWORD=postgres PGCONNECT_TIMEOUT=3
readonly PEER_CONNINFO="host=$PEER user=replicator password=replicator application_name=$NODE connect_timeout=3"

# Each follows its peer whenever it is a standby, so that the roles can swap without a change here. The timeouts let a
# standby notice within four seconds that its primary is silent: that is what makes it a witness.
readonly SETTINGS=(
  -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=300
  -c hot_standby=on -c wal_log_hints=on -c wal_keep_size=256MB -c max_wal_senders=10 -c max_replication_slots=10
  -c primary_conninfo="$PEER_CONNINFO" -c primary_slot_name="$NODE" -c recovery_target_timeline=latest
  -c wal_receiver_timeout=4s -c wal_sender_timeout=4s -c wal_retrieve_retry_interval=1s
  -c track_commit_timestamp=on -c log_min_messages=warning
)

say() { echo "$(date -u +%FT%T.%3NZ) $NODE: $*" >&2; }
has_data() { [ -s "$PGDATA/PG_VERSION" ]; }
is_standby() { [ -e "$PGDATA/standby.signal" ]; }
on_peer() { psql -h "$PEER" -d postgres -qAtX -v ON_ERROR_STOP=1 -c "$1"; }

# Prints primary, new or standby as soon as the proxy answers; says so once while it does not.
ask_role() {
  local said='' answer
  until answer=$(ask_once); do
    [ -n "$said" ] || say "the proxy does not answer: waiting with the start"
    said=yes
    sleep 1
  done
  echo "$answer"
}

# One question; fails where there is no answer. `new` is a primary that may begin with nothing.
ask_once() {
  local answer
  answer=$(curl -s -m 2 -w '%{http_code}' "$PROXY/may-start?node=$NODE") || return 1
  case $answer in
    *'"mayInitialise": true'*200) echo new ;;
    *200) echo primary ;;
    *409) echo standby ;;
    *) return 1 ;;
  esac
}

# Made beside its place and moved there when it is whole: a start that was cut short leaves nothing behind.
initialise() (
  local place=$PGDATA
  export PGDATA=$PGDATA.new
  say 'initialising a cluster'
  rm -rf "$PGDATA"
  initdb -k -E UTF8 --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 --pwfile=<(echo "$PGPASSWORD") >/dev/null || return 1
  printf '%s\n' 'host all all 0.0.0.0/0 scram-sha-256' 'host replication replicator 0.0.0.0/0 scram-sha-256' \
    >>"$PGDATA/pg_hba.conf"
  pg_ctl start -w -s -o "-c listen_addresses='' -c unix_socket_directories=/tmp" || return 1
  psql -h /tmp -d postgres -qX -v ON_ERROR_STOP=1 -v password="$(cat /pair/app.password)" <<'SQL' || return 1
CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'replicator';
CREATE ROLE app LOGIN PASSWORD :'password' IN ROLE pg_monitor;
CREATE DATABASE app OWNER app;
SQL
  psql -h /tmp -d app -U app -qX -v ON_ERROR_STOP=1 -f /pair/schema.sql || return 1
  pg_ctl stop -w -s -m fast && mv "$PGDATA" "$place"
)

stop_postgres() { pg_ctl stop -s -w -t 20 -m fast || pg_ctl stop -s -w -m immediate; }

# Runs PostgreSQL until it ends; by the fenced rule also until the proxy says that another leads, which returns 75.
run_postgres() {
  postgres "${SETTINGS[@]}" &
  local postgres=$! was_primary
  trap 'is_stopping=yes; stop_postgres' TERM INT
  while kill -0 "$postgres" 2>/dev/null; do
    # First what it is, then what it should be: a promotion in between makes no primary look stale.
    was_primary=$(is_standby || echo yes)
    if [ "$RULE" = fenced ] && [ -n "$was_primary" ] && [ "$(ask_once)" = standby ]; then
      say 'another leads: stopping'
      stop_postgres
      return 75
    fi
    sleep 0.5 &
    wait -n "$postgres" $!
  done
  wait "$postgres"
}

prepare_naive() {
  if has_data; then return; fi
  if [ "$FIRST_ROLE" = primary ]; then initialise; else clone; fi
}

prepare_fenced() {
  local role
  role=$(ask_role)
  say "the proxy says: $role"
  if [ "$role" != standby ]; then
    has_data && return
    [ "$role" = new ] && { initialise; return; }
    say 'this node leads and has lost its data: not starting with none'
    return 1
  fi
  if ! has_data; then
    clone
  elif ! is_standby; then
    rejoin "$1"
  else
    ensure_slot 2>/dev/null || true
  fi
}

declare -F "prepare_$RULE" >/dev/null || { say "RULE is naive or fenced, not '$RULE'"; exit 2; }
is_stopping=''
when=starting
trap 'exit 0' TERM INT
while true; do
  until "prepare_$RULE" "$when"; do sleep 1; done
  run_postgres
  code=$?
  [ "$code" = 75 ] && [ -z "$is_stopping" ] || exit "$code"
  when=running
  trap 'exit 0' TERM INT
done
