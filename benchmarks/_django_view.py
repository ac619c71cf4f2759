"""The baseline of the usual way: an async Django view, the middleware that `startproject` writes, one INSERT through the ORM.

A project of its own, so that none of ours is in its way. It checks the same signature and stores the same row in the same table.
"""

from __future__ import annotations

import os

from django.conf import settings

from config.environment import read_database

VIEW_KEY = "bench-django-view"

DATABASE = read_database(os.environ["DATABASE_URL"])
if os.environ.get("BENCH_VIEW_POOL"):
    # The stronger baseline: Django's own default opens a connection for each request.
    DATABASE["OPTIONS"] = {**DATABASE["OPTIONS"], "pool": {"min_size": 4, "max_size": 16, "timeout": 5.0}}  # type: ignore[dict-item]

settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    DATABASES={"default": DATABASE},
)

from django.core.asgi import get_asgi_application

application = get_asgi_application()

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from connectors.whatsapp.verify import signature_is_valid

SECRETS = tuple(os.environ["META_APP_SECRET"].split(","))


class Delivery(models.Model):
    app_key = models.CharField(max_length=40)
    body = models.BinaryField()

    class Meta:
        app_label = "benchmarks"
        managed = False
        db_table = "webhooks_delivery"


@csrf_exempt
async def accept(request: HttpRequest) -> HttpResponse:
    if not signature_is_valid(request.body, request.headers.get("X-Hub-Signature-256"), SECRETS):
        return HttpResponse(status=401)
    await Delivery.objects.acreate(app_key=VIEW_KEY, body=request.body)
    return HttpResponse(status=200)


urlpatterns = [path("webhooks/meta/", accept)]
