# One image, several processes: docker-compose.yml says which. Four stages: only the last is shipped.
FROM node:22-slim AS browser
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund --ignore-scripts --omit=dev

# Without the embedded services and the tools of development: requirements.txt holds the product's own packages alone.
FROM python:3.12-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt ./
RUN python -m venv /venv && /venv/bin/pip install --require-hashes -r requirements.txt

# Icons, translations, style sheet, hashed names: everything a browser asks for, made once.
FROM python:3.12-slim AS assets
ENV PATH=/venv/bin:$PATH VENTANILLA_MODE=build PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
COPY --from=browser /app/node_modules ./node_modules
RUN python manage.py build_assets && python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf node_modules tests benchmarks simulator runner run.py docs deploy .ci package.json package-lock.json tsconfig.json

FROM python:3.12-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# The number never changes: files in volumes are this number's. A volume made under another one is given to it once, by the service
# `permissions` of docker-compose.yml. 755, because the proxy reads both folders as a user of its own.
RUN groupadd --system --gid 10001 ventanilla \
    && useradd --system --uid 10001 --gid 10001 --home /app --shell /usr/sbin/nologin ventanilla \
    && install -d -o ventanilla -g ventanilla -m 755 /media /static && install -d -o ventanilla -g ventanilla -m 700 /scratch
COPY --from=packages /venv /venv
COPY --from=assets /app /app
WORKDIR /app
USER ventanilla
EXPOSE 8000
STOPSIGNAL SIGTERM
# No HEALTHCHECK here: what this image runs answers in different ways, or not at all. docker-compose.yml says it service by service.
CMD ["daphne", "-b", "0.0.0.0", "-p", "8000", "-v", "0", "config.asgi:application"]
