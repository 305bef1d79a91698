#!/bin/bash
# What a node of lab-patroni.yaml runs: Patroni, by patroni.yml, which all nodes share, and what its cluster has alone.
# From the environment: SLOTS, the slots of logical replication that its cluster keeps. Patroni 4.0 drops every slot
# that its configuration does not declare, and copies those to the standbys. The seed's way (REGISTRATIONS_SYNC) has none.
set -euo pipefail

[ "$REGISTRATIONS_SYNC" = outbox ] || SLOTS=
readonly PLACE=/tmp/patroni
mkdir -p "$PLACE"
cp /registrations/patroni.yml "$PLACE"
[ -z "$SLOTS" ] || {
  echo 'bootstrap:'
  echo '  dcs:'
  echo '    slots:'
  for slot in $SLOTS; do echo "      $slot: {type: logical, database: registrations, plugin: pgoutput}"; done
} >"$PLACE/slots.yml"
exec patroni "$PLACE"
