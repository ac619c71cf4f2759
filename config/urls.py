"""Addresses. Every app brings its own; the roof only says where each begins."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularJSONAPIView

import accounts.openapi  # noqa: F401  # registers the schemes' names by being imported
from accounts.push_page import push_settings
from core.jsi18n import js_catalog
from core.pwa import manifest, offline, service_worker, share
from core.views import settings_home
from inbox.views import sign_out

api: list[URLPattern | URLResolver] = [
    path("", include("accounts.api.urls")),
    path("", include("typification.api.urls")),
    path("", include("contacts.api.urls")),
    path("", include("campaigns.api.urls")),
    path("", include("inbox.api.urls")),
    path("", include("privacy.api.urls")),
    path("", include("processes.api.urls")),
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
]

urlpatterns = [
    path("", include("inbox.urls")),
    path("", include("accounts.urls")),
    path("settings/", settings_home, name="settings"),
    path("settings/notifications/", push_settings, name="push-settings"),
    path("", include("typification.urls")),
    path("", include("contacts.urls")),
    path("", include("campaigns.urls")),
    path("", include("webhooks.urls")),
    path("", include("privacy.urls")),
    path("", include("processes.urls")),
    # Before the library's own: who has work in hand may have to stay.
    path("accounts/logout/", sign_out),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include((api, "api"))),
    path("i18n/", include("django.conf.urls.i18n")),
    path("jsi18n/", js_catalog, name="jsi18n"),
    path("manifest.webmanifest", manifest, name="manifest"),
    # At the root: a service worker's scope is what lies below its own address.
    path("sw.js", service_worker, name="service-worker"),
    path("offline/", offline, name="offline"),
    path("share/", share, name="share"),
]

handler500 = "core.views.server_error"
