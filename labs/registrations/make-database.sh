#!/bin/bash
# Makes the database on the server whose socket is in /tmp: who may log in, and what the scripts make (arguments, by
# their names). From the environment: PASSWORD_FILE, of the role that the application is; `observer` only looks.
set -euo pipefail
export PGHOST=/tmp

psql -U postgres -d postgres -qX -v ON_ERROR_STOP=1 -v password="$(cat "$PASSWORD_FILE")" \
  -v observer="$(cat /registrations/secrets/observer.password)" <<'SQL'
CREATE ROLE registrar LOGIN REPLICATION PASSWORD :'password' IN ROLE pg_monitor, pg_create_subscription;
CREATE ROLE observer LOGIN PASSWORD :'observer' IN ROLE pg_monitor, pg_read_all_data;
CREATE DATABASE registrations OWNER registrar;
\connect registrations
CREATE EXTENSION unaccent;
CREATE EXTENSION postgres_fdw;
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO registrar;
ALTER SCHEMA public OWNER TO registrar;
SQL
for script in "$@"; do
  psql -U registrar -d registrations -qX -v ON_ERROR_STOP=1 -f "/registrations/sql/$script"
done
