#!/bin/sh
# Cron for one service: close_interrupted every minute, prune_traces and clearsessions once a day (UTC, and at the
# start). Each command tells what it did. One that fails is told and tried again a minute later, and stops nothing else.
# SIGTERM ends it at once, whatever runs: each of them can be cut off anywhere.
#
# Each command costs about a second of CPU to start, under 2 % of one core; a process that stayed would hold its memory
# for ever instead, and a leak or a lost connection in it would need a guard of its own.
set -u

job=
trap 'trap - TERM INT; [ -z "$job" ] || kill "$job" 2>/dev/null; exit 0' TERM INT

# In the background, because a shell hears a signal only between commands or in `wait`.
patiently() {
    "$@" &
    job=$!
    wait "$job"
}

manage() {
    patiently python manage.py "$1" --skip-checks && return
    echo "upkeep: $1 failed with exit code $?; trying again in a minute." >&2
    return 1
}

done_on=
while :; do
    manage close_interrupted
    today=$(date -u +%F)
    if [ "$done_on" != "$today" ]; then
        manage prune_traces && manage clearsessions && done_on=$today
    fi
    patiently sleep 60
done
