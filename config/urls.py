"""Addresses. Every app brings its own; the roof only says where each begins."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.cache import cache_control
from django.views.i18n import JavaScriptCatalog
from drf_spectacular.views import SpectacularJSONAPIView

from config.health import healthz

api = [
    path("", include("accounts.api.urls")),
    path("", include("typification.api.urls")),
    path("", include("contacts.api.urls")),
    path("", include("inbox.api.urls")),
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
]

urlpatterns = [
    path("", include("inbox.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include((api, "api"))),
    # The language is in the user or the cookie, so the answer is this browser's own.
    path("jsi18n/", cache_control(private=True, max_age=300)(JavaScriptCatalog.as_view(packages=[])), name="jsi18n"),
    path("healthz", healthz, name="healthz"),
    path("emergency/", admin.site.urls),
]
