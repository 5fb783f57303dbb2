# For backup.sh and restore.sh: where PostgreSQL's programs run, and how they reach the database.
#
# With DATABASE_URL, or a file of that name in SECRETS_DIR, they run on this machine and connect to that address. The
# password is passed in a file that only its owner can read, never on a command line. Without either, they run in
# compose's postgres container, where no password is needed.

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Write the address's password, if it has one, in the format of libpq's password file.
password_line() {
    printf '%s\n' "$DATABASE_URL" | LC_ALL=C awk '
        match($0, /^[a-z]+:\/\/[^\/:@]*:[^\/@]*@/) {
            coded = substr($0, 1, RLENGTH - 1)
            sub(/^[a-z]+:\/\/[^:]*:/, "", coded)
            while (match(coded, /%[0-9A-Fa-f][0-9A-Fa-f]/)) {
                high = index(digits, toupper(substr(coded, RSTART + 1, 1))) - 1
                low = index(digits, toupper(substr(coded, RSTART + 2, 1))) - 1
                plain = plain substr(coded, 1, RSTART - 1) sprintf("%c", high * 16 + low)
                coded = substr(coded, RSTART + 3)
            }
            plain = plain coded
            gsub(/[\\:]/, "\\\\&", plain)
            print "*:*:*:*:" plain
        }' digits=0123456789ABCDEF
}

# Print the number of traces in a backup. This reads all of it, and fails if it is not complete.
count_traces() {
    { run_program pg_restore --file=- <"$1" || printf '\n!broken\n'; } | awk '
        /^COPY [^ ]*traces_tracerecord \(/ { inside = 1; next }
        inside && $0 == "\\." { inside = 0 }
        inside { rows++ }
        $0 == "!broken" { broken = 1 }
        END { if (broken) exit 1; print rows + 0 }'
}

for secret in "${SECRETS_DIR:-/nowhere}/database_url" "${SECRETS_DIR:-/nowhere}/DATABASE_URL"; do
    if [ -z "${DATABASE_URL-}" ] && [ -f "$secret" ]; then
        DATABASE_URL=$(cat "$secret")
    fi
done

umask 077
password_file=
part=
trap 'rm -f "$password_file" "$part"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -n "${DATABASE_URL-}" ]; then
    export DATABASE_URL
    case $DATABASE_URL in
    *[?\&]password=* | *[?\&]sslpassword=*) fail "DATABASE_URL: put the password before the @, not behind the ?." ;;
    postgresql://* | postgres://*) ;;
    *) fail "DATABASE_URL: is no PostgreSQL; docs/deploy.md says how SQLite is backed up." ;;
    esac
    address=$(printf '%s\n' "$DATABASE_URL" | sed 's,^\([a-z]*://[^/:@]*\):[^/@]*@,\1@,')
    password_file=$(mktemp)
    password_line >"$password_file"
    export PGPASSFILE="$password_file"
    run_program() { "$@"; }
    to_database() {
        program=$1
        shift
        "$program" --no-password --dbname="$address" "$@"
    }
    manage() { "${PYTHON:-.venv/bin/python}" manage.py "$@"; }
else
    run_program() { docker compose exec -T postgres "$@"; }
    to_database() {
        # shellcheck disable=SC2016 # the container's own variables
        run_program sh -c 'exec "$0" --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" "$@"' "$@"
    }
    manage() { docker compose run --rm --no-deps -T web python manage.py "$@"; }
fi
