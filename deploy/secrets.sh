#!/bin/sh
# Create the files that compose needs in ./secrets: random values, and a self-signed certificate for localhost. Existing
# files are never changed, so it is safe to run this again at any time.
#
#   sh deploy/secrets.sh
#
# Compose mounts each file with its owner and mode, and every image has a user of its own. So the files are readable by
# all users (0444), and the folder only by its owner (0700). No other user of this machine can reach the files, and a
# container sees only those that compose.yaml gives it. None of this needs root.
set -eu
cd "$(dirname "$0")/.."

command -v openssl >/dev/null || {
    echo "openssl makes the random values and the certificate, and is not here: apt-get install openssl" >&2
    exit 1
}

umask 077
mkdir -p secrets
chmod 0700 secrets
part=secrets/.part
trap 'rm -f "$part" "$part.key" "$part.pem"' EXIT

absent() { [ ! -e "secrets/$1" ]; }
random() { openssl rand -hex 32; }

# Store standard input in a file of this name. The file appears only when it is complete.
keep() {
    cat >"$part"
    [ -s "$part" ] || {
        echo "openssl made nothing for secrets/$1." >&2
        exit 1
    }
    chmod 0444 "$part"
    mv "$part" "secrets/$1"
    echo "made secrets/$1"
}

if absent secret_key; then random | keep secret_key; fi
if absent fingerprint_keys; then echo "$(date -u +k%Y%m%d):$(random)" | keep fingerprint_keys; fi
if absent metrics_token; then random | keep metrics_token; fi
# An empty line means that there is no key or password.
for name in openai_api_key openai_extra_headers openai_proxy; do
    if absent $name; then echo | keep $name; fi
done
if absent email_password; then echo | keep email_password; fi
if absent oidc_client_secret; then echo | keep oidc_client_secret; fi
if absent postgres_password; then random | keep postgres_password; fi
if absent database_url; then
    echo "postgresql://rotation:$(cat secrets/postgres_password)@postgres/rotation" | keep database_url
fi
if absent tls_certificate.pem && absent tls_key.pem; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -keyout "$part.key" -out "$part.pem" 2>/dev/null
    keep tls_key.pem <"$part.key"
    keep tls_certificate.pem <"$part.pem"
fi

cat <<'END'

For production replace
  secrets/tls_certificate.pem and tls_key.pem   your certificate with its chain, and its key; these are for localhost
  secrets/openai_api_key                        your provider's key, with DECISION_PROVIDER=openai
  secrets/email_password                        your mail server's, with EMAIL_HOST
  secrets/oidc_client_secret                    your issuer's, with OIDC_ISSUER
and keep a copy of the folder where only you can read it: without fingerprint_keys no old report is recognised.
END
