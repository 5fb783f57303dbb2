#!/bin/sh
# Copy the whole database into FILE as it is at one moment, while the service goes on. FILE appears when it is whole
# and was read to its end once, readable by its owner alone.
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
