# How a server comes (back) to its peer as a standby; part of node.sh.

# A copy of the peer; what is there is given up once the copy is whole.
clone() {
  until on_peer 'SELECT 1' >/dev/null 2>&1; do sleep 1; done
  say "copying $PEER"
  rm -rf "$PGDATA.new"
  ensure_slot
  PGPASSWORD=replicator pg_basebackup -h "$PEER" -U replicator -D "$PGDATA.new" -X stream -c fast || return 1
  touch "$PGDATA.new/standby.signal"
  rm -rf "$PGDATA"
  mv "$PGDATA.new" "$PGDATA"
}

# The peer keeps its WAL for this node.
ensure_slot() {
  on_peer "SELECT pg_create_physical_replication_slot('$NODE', true)
    WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '$NODE')" >/dev/null
}

# An old primary comes back as a standby: it says first what it has that the new one has not, then gives that up.
rejoin() {
  local by=pg_rewind
  until on_peer 'CHECKPOINT' 2>/dev/null; do sleep 1; done
  [ "$(on_peer 'SELECT pg_is_in_recovery()')" = f ] || return 1
  post fenced "$(past_fork "$1")"
  finish_recovery
  ensure_slot
  if ! pg_rewind -D "$PGDATA" --source-server="host=$PEER user=postgres dbname=postgres" >/dev/null; then
    say 'pg_rewind failed: copying the new primary instead'
    by=pg_basebackup
    clone || return 1
  fi
  touch "$PGDATA/standby.signal"
  # Slots of its time as a primary would keep WAL for nobody.
  rm -rf "$PGDATA"/pg_replslot/*
  post rejoined "{\"by\": \"$by\"}"
}

# A server that was stopped amid its crash recovery has more WAL than its control file tells, and pg_rewind goes by that:
# it would find nothing to rewind.
finish_recovery() {
  [ "$(pg_controldata | sed -n 's/^Database cluster state: *//p')" = 'shut down' ] && return
  say 'finishing its crash recovery first'
  postgres --single -F -D "$PGDATA" template1 </dev/null >/dev/null
}

post() { curl -s -m 2 -o /dev/null -X POST --data "$2" "$PROXY/$1?node=$NODE" || say "could not report: $1 $2"; }

# JSON: the WAL, commits and inserts by table that this data directory has past the point where the peer's timeline
# forked off. Only what reached the disk is counted: what PostgreSQL had acknowledged did.
past_fork() {
  local timeline new history fork end tables
  timeline=$(pg_controldata | sed -n "s/^Latest checkpoint's TimeLineID: *//p")
  new=$(on_peer "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)")
  history=$(on_peer "SELECT pg_read_file('pg_wal/$new.history')")
  fork=$(awk -v timeline="$timeline" '$1 == timeline {print $2}' <<<"$history")
  if [ -z "$fork" ]; then
    say "timeline $new does not fork off timeline $timeline"
    echo "{\"when\": \"$1\", \"walBytesPastFork\": null}"
    return
  fi
  tables=$(psql -h "$PEER" -d app -qAtX -F ' ' -c "SELECT (SELECT oid FROM pg_database WHERE datname = 'app') || '/' ||
    pg_relation_filenode(oid), relname FROM pg_class WHERE relkind = 'r' AND oid >= 16384")
  pg_waldump -p "$PGDATA/pg_wal" -t "$timeline" -s "$fork" 2>/dev/null | awk -v when="$1" -v fork="$fork" \
    -v tables="$tables" -f /pair/past-fork.awk
}
