# One image for web, migrate and upkeep. Build it with
#
#   docker build --build-arg VERSION="$(python3 -c 'from config.version import VERSION; print(VERSION)')" .
#
# Append a digest (python:3.11-slim-bookworm@sha256:…) to start every build from exactly the same base.
ARG PYTHON=python:3.11-slim-bookworm

# ---- packages: the locked requirements in a virtual environment without pip
FROM ${PYTHON} AS packages
WORKDIR /build
COPY requirements.txt ./
# pip also compiles the packages. The file system is read-only later, and without compiled files a process would start
# seconds later.
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python --disable-pip-version-check install \
        --no-cache-dir --require-hashes --only-binary=:all: --requirement requirements.txt

# ---- site: our code without the files in .dockerignore, and the static files under hashed names
FROM packages AS site
WORKDIR /app
COPY . .
# The service's user must be able to read files that were checked out with strict modes. bom.json is the bill of
# materials of what this Python got from the lock. The settings need values. These values are used only in this stage.
RUN chmod -R a+rX . \
    && ENV_FILE='' ALLOWED_HOSTS=localhost DATABASE_URL=sqlite:////tmp/none.sqlite3 \
    SECRET_KEY=build-only-0a1b2c3d4e5f6g7h8i9j-0k1l2m3n4o5p6q7r8s9t-0u1v2w3x4y5z \
    FINGERPRINT_KEYS=build:build-only-0a1b2c3d4e5f6g7h8i9j \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 --skip-checks \
    && /opt/venv/bin/python -m tools.sbom > bom.json \
    && rm -r tools \
    && /opt/venv/bin/python -m compileall -q ./*/

# ---- the image
FROM ${PYTHON}
# Nothing is installed after this, so remove the base image's pip as well.
RUN groupadd --gid 10001 app \
    && useradd --uid 10001 --gid app --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin app \
    && rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/ensurepip /usr/local/lib/python3*/*-packages/pip* \
        /usr/local/lib/python3*/*-packages/setuptools* /usr/local/lib/python3*/*-packages/wheel*
COPY --from=packages /opt/venv /opt/venv
COPY --from=site /app /app
WORKDIR /app
# Everything but /tmp may be read-only. No .env file is read: values come from the environment and SECRETS_DIR.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TMPDIR=/tmp \
    ENV_FILE= \
    BIND=0.0.0.0:8000
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# /healthz uses neither database nor model, so a restart on its failure hits only a process that hangs.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-I", "-c", "import http.client, os; probe = http.client.HTTPConnection('127.0.0.1', int(os.environ['BIND'].rpartition(':')[2]), timeout=4); probe.request('GET', '/healthz'); raise SystemExit(probe.getresponse().status != 200)"]
CMD ["gunicorn", "config.wsgi"]
ARG VERSION=unknown
LABEL org.opencontainers.image.title="rotation-decisions" \
    org.opencontainers.image.description="LLM decisions you can rely on: checked by the server, one traceable row a request." \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="${VERSION}"
