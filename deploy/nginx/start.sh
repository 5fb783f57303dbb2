#!/bin/sh
# Tell nginx its public names, ALLOWED_HOSTS as the service reads them, and its public port, HTTPS_PORT; then become it.
# Arguments go to nginx.
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
# shellcheck disable=SC2016 # the second is nginx's own variable
printf 'server_name %s;\nset $public_port "%s";\n' "$(echo "$ALLOWED_HOSTS" | tr , ' ')" "$port" >/tmp/server.conf
exec nginx -g 'daemon off;' "$@"
