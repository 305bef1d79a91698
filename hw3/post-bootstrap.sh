#!/bin/sh
# Run once by Patroni on the first leader, with a connection string to it as the only argument.
# Creates the role and the database that the lab's traffic uses; pg_monitor lets it read replication state.
set -eu
password=$(cat /etc/patroni/app.password)
psql -v ON_ERROR_STOP=1 -v password="$password" -d "$1" <<'SQL'
CREATE ROLE app LOGIN PASSWORD :'password' IN ROLE pg_monitor;
CREATE DATABASE app OWNER app;
SQL
