#!/bin/sh
# Cron for one service: run close_interrupted every minute, and prune_tickets, prune_review_notes, prune_traces,
# prune_audit and clearsessions once a day (in UTC, and at the start). Each command prints its result. A failure is
# printed, does not stop the others, and is tried again a minute later. SIGTERM stops everything immediately. This is
# safe, because each command can be interrupted at any point.
#
# Starting a command takes about a second of CPU, which is under 2 % of one core. A permanent process would hold its
# memory all the time, and its leaks and lost connections would need handling of their own.
set -u

# `$!` is set with the fork. A variable set by the next command would be empty for a signal that comes between them.
trap 'trap - TERM INT; kill "${!:-}" 2>/dev/null; exit 0' TERM INT

# Run a command in the background and wait for it. A shell handles signals only between commands and in `wait`.
run_and_wait() {
    "$@" &
    wait "$!"
}

manage() {
    run_and_wait python manage.py "$1" --skip-checks && return
    echo "upkeep: $1 failed with exit code $?; trying again in a minute." >&2
    return 1
}

done_on=
while :; do
    manage close_interrupted
    today=$(date -u +%F)
    if [ "$done_on" != "$today" ]; then
        failed=
        for command in prune_tickets prune_review_notes prune_traces prune_audit clearsessions; do
            manage "$command" || failed=1
        done
        [ -n "$failed" ] || done_on=$today
    fi
    run_and_wait sleep 60
done
