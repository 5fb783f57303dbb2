#!/bin/sh
# Restore a backup into an empty database, completely or not at all, and verify the result. Stop the service first. A
# database that is not empty is refused and left unchanged.
#
#   sh deploy/restore.sh FILE
set -eu

[ $# -eq 1 ] || {
    echo "usage: sh deploy/restore.sh FILE" >&2
    exit 2
}
case $1 in /*) file=$1 ;; *) file=$PWD/$1 ;; esac
cd "$(dirname "$0")/.."
# shellcheck source=deploy/postgres.sh
. deploy/postgres.sh

query() {
    to_database psql --no-psqlrc --quiet --tuples-only --no-align --command="$1" </dev/null
}

[ -f "$file" ] || fail "There is no $file."
traces=$(count_traces "$file") || fail "$file is no whole backup; nothing was restored."
tables=$(query "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')") ||
    fail "The database does not answer; nothing was restored."
[ "$tables" -eq 0 ] || fail "The database is not empty: it holds $tables tables. Nothing was changed; name an empty one."
to_database pg_restore --single-transaction --exit-on-error --no-owner --no-privileges <"$file" ||
    fail "pg_restore failed; the database is empty as before."
# Collect the planner's statistics. Without the setting, ANALYZE would warn about system tables that we may not read.
query "SET client_min_messages = error; ANALYZE"
kept=$(query "SELECT count(*) FROM traces_tracerecord")
[ "$kept" -eq "$traces" ] || fail "The backup holds $traces traces, the database $kept."
echo "Restored $kept traces."

manage migrate --check ||
    fail "The backup is of another release: run manage.py migrate, then close_interrupted, recheck and doctor."
manage close_interrupted --skip-checks
manage recheck --skip-checks
manage doctor
