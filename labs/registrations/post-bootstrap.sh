#!/bin/bash
# Run once by Patroni on the first leader of each cluster: the database of the registrations, and one for the clients
# that try each cluster by itself. From the environment: SCRIPTS, SLOTS, and what make-database.sh asks for.
set -euo pipefail

read -ra scripts <<<"$SCRIPTS"
bash /registrations/make-database.sh "${scripts[@]}"
# Patroni makes the slots that are declared as soon as this is over, and a slot that is older than its publication never
# finds it.
for slot in $SLOTS; do
  [[ $slot != acks_* ]] ||
    psql -h /tmp -U registrar -d registrations -qX -v ON_ERROR_STOP=1 -c "SELECT publish_acks('${slot#acks_}')" >/dev/null
done
psql -h /tmp -U postgres -d postgres -qX -v ON_ERROR_STOP=1 -v password="$(cat /registrations/secrets/events.password)" <<'SQL'
CREATE ROLE app LOGIN PASSWORD :'password' IN ROLE pg_monitor;
CREATE DATABASE app OWNER app;
SQL
