# The whole service: one image for web, migrate and upkeep. Build it with
#
#   docker build --build-arg VERSION="$(python3 -c 'from config.version import VERSION; print(VERSION)')" .
#
# With a digest behind it (python:3.11-slim-bookworm@sha256:…) every build starts from the very same base.
ARG PYTHON=python:3.11-slim-bookworm

# ---- packages: what requirements.txt locks, in a virtual environment that has no pip of its own
FROM ${PYTHON} AS packages
WORKDIR /build
COPY requirements.txt ./
# pip compiles what it installs: the file system is read-only later, and a process without it starts seconds later.
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python --disable-pip-version-check install \
        --no-cache-dir --require-hashes --only-binary=:all: --requirement requirements.txt

# ---- site: our code, by name, and the static files under hashed names
FROM packages AS site
WORKDIR /app
COPY manage.py gunicorn.conf.py LICENSE ./
COPY config config
COPY access access
COPY boundary boundary
COPY traces traces
COPY rotation rotation
COPY evals evals
COPY templates templates
COPY static static
# Files that were checked out for their owner alone must be readable for the service's user, too. The settings want
# values; these are of use to nobody and go with this stage.
RUN chmod -R a+rX . \
    && ENV_FILE='' ALLOWED_HOSTS=localhost DATABASE_URL=sqlite:////tmp/none.sqlite3 \
    SECRET_KEY=build-only-0a1b2c3d4e5f6g7h8i9j-0k1l2m3n4o5p6q7r8s9t-0u1v2w3x4y5z \
    FINGERPRINT_KEYS=build:build-only-0a1b2c3d4e5f6g7h8i9j \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 --skip-checks \
    && /opt/venv/bin/python -m compileall -q access boundary config evals rotation traces

# ---- the image
FROM ${PYTHON}
# Nothing is installed any more, so the base's own pip goes from sight, too.
RUN groupadd --gid 10001 app \
    && useradd --uid 10001 --gid app --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin app \
    && rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/ensurepip /usr/local/lib/python3*/*-packages/pip* \
        /usr/local/lib/python3*/*-packages/setuptools* /usr/local/lib/python3*/*-packages/wheel*
COPY --from=packages /opt/venv /opt/venv
COPY --from=site /app /app
WORKDIR /app
# Everything but /tmp may be read-only. No .env is looked for: values come from the environment and SECRETS_DIR.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TMPDIR=/tmp \
    ENV_FILE= \
    BIND=0.0.0.0:8000
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# /healthz asks neither database nor model: who restarts by it restarts what hangs, and not what waits.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-I", "-c", "import http.client, os; probe = http.client.HTTPConnection('127.0.0.1', int(os.environ['BIND'].rpartition(':')[2]), timeout=4); probe.request('GET', '/healthz'); raise SystemExit(probe.getresponse().status != 200)"]
CMD ["gunicorn", "config.wsgi"]
ARG VERSION=unknown
LABEL org.opencontainers.image.title="rotation-decisions" \
    org.opencontainers.image.description="A checked, traceable decision whether policy line P-7 supports rotating a credential." \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="${VERSION}"
