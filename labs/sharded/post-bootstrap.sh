#!/bin/sh
# Run once by Patroni on the first leader of each cluster, with a connection string to it as the only argument: eight
# databases, named as the executor's mapping calls them.
set -eu
password=$(cat /etc/patroni/app.password)
psql -v ON_ERROR_STOP=1 -v password="$password" -d "$1" -c "CREATE ROLE app LOGIN PASSWORD '$password' IN ROLE pg_monitor"
for database in app $DATABASES; do
  psql -v ON_ERROR_STOP=1 -d "$1" -c "CREATE DATABASE $database OWNER app"
done
