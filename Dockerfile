# The production image: the running system only, as an ordinary user.
FROM python:3.11-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /opt/packages
COPY requirements.lock .
RUN /opt/packages/bin/pip install --require-hashes -r requirements.lock

FROM python:3.11-slim-bookworm
ENV PATH=/opt/packages/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=servicedesk.settings.production \
    DATA_DIR=/data \
    STATIC_ROOT=/app/collected
# pg_dump and pg_restore for backups: of the server's version, which Debian's are not.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates postgresql-common \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install -y --no-install-recommends postgresql-client-18 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --user-group --home-dir /nonexistent --shell /usr/sbin/nologin desk \
    && install -d -o desk -g desk -m 0700 /data /backups
COPY --from=packages /opt/packages /opt/packages
WORKDIR /app
COPY . .
# Made once with the linters' settings, which need no secrets; the code stays root's
# and cannot be changed by the running processes.
RUN export DJANGO_SETTINGS_MODULE=servicedesk.settings.check \
    && python manage.py compile_translations \
    && python manage.py collectstatic --noinput --verbosity 0
USER 10001:10001
VOLUME /data
EXPOSE 8000
CMD ["uvicorn", "servicedesk.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--no-proxy-headers", "--timeout-graceful-shutdown", "20"]
