#!/bin/sh
# Back up the whole database into FILE while the service runs. The backup is the state of one moment. FILE appears only
# when it is complete and was read once to its end. Only its owner can read it.
#
#   sh deploy/backup.sh FILE
set -eu

[ $# -eq 1 ] || {
    echo "usage: sh deploy/backup.sh FILE" >&2
    exit 2
}
case $1 in /*) file=$1 ;; *) file=$PWD/$1 ;; esac
cd "$(dirname "$0")/.."
# shellcheck source=deploy/postgres.sh
. deploy/postgres.sh

[ ! -e "$file" ] || fail "$file is there already; nothing was written."
part=$file.part
to_database pg_dump --format=custom >"$part" </dev/null || fail "pg_dump failed; no backup was written."
traces=$(count_traces "$part") || fail "What pg_dump wrote cannot be read; no backup was written."
mv "$part" "$file"
echo "Wrote $file: $traces traces, $(wc -c <"$file") bytes."
