# One image, several processes: docker-compose.yml says which.
FROM node:22-slim AS browser
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund --ignore-scripts --omit=dev

FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY requirements.txt ./
RUN pip install --require-hashes -r requirements.txt
COPY . .
COPY --from=browser /app/node_modules ./node_modules
# Icons, translations, style sheet, hashed names: everything a browser asks for, made once.
RUN VENTANILLA_MODE=build python manage.py build_assets && VENTANILLA_MODE=build python manage.py collectstatic --noinput \
    && useradd --system --home /app ventanilla && mkdir -p /media && chown ventanilla /media
USER ventanilla
EXPOSE 8000
CMD ["daphne", "-b", "0.0.0.0", "-p", "8000", "-v", "0", "config.asgi:application"]
