#!/bin/sh
# Write nginx's host names (ALLOWED_HOSTS, as the service reads it) and public port (HTTPS_PORT), then start nginx with
# the given arguments.
set -eu

case ${ALLOWED_HOSTS:-} in
'' | *[!A-Za-z0-9.,-]*)
    echo "ALLOWED_HOSTS must be host names, separated by commas." >&2
    exit 1
    ;;
esac
case ${HTTPS_PORT:-443} in
*[!0-9]*)
    echo "HTTPS_PORT must be a number." >&2
    exit 1
    ;;
443) port= ;;
*) port=:$HTTPS_PORT ;;
esac
# shellcheck disable=SC2016 # the second is a variable of nginx
printf 'server_name %s;\nset $public_port "%s";\n' "$(echo "$ALLOWED_HOSTS" | tr , ' ')" "$port" >/tmp/server.conf
exec nginx -g 'daemon off;' "$@"
