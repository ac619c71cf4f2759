"""What makes the panel an app of its own: the manifest, the service worker and the page it shows without a connection (P1-49)."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

ICONS = (
    ("img/icon-192.png", "192x192", "any"),
    ("img/icon-512.png", "512x512", "any"),
    ("img/icon-maskable-512.png", "512x512", "maskable"),
    ("img/favicon.svg", "any", "any"),
)
BADGE = "img/icon-badge.png"
# What the page without a connection needs; each by its hashed address.
OFFLINE_FILES = (
    "css/app.css",
    "vendor/inter-latin.woff2",
    "js/boot/offline.js",
    "js/boot/theme.js",
    "img/favicon.svg",
    "icons.svg",
)


@require_GET
@vary_on_headers("Cookie", "Accept-Language")
def manifest(request: HttpRequest) -> JsonResponse:
    """Name, icons and what may be shared into the app, in the reader's language."""
    body: dict[str, Any] = {
        "id": "/",
        "name": "Ventanilla",
        "short_name": "Ventanilla",
        "description": _("Customers' conversations, in one desk."),
        "lang": get_language(),
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#0b3641",
        "theme_color": "#0b3641",
        "categories": ["business", "productivity"],
        "icons": [
            {"src": staticfiles_storage.url(path), "sizes": sizes, "purpose": purpose, "type": kind_of(path)}
            for path, sizes, purpose in ICONS
        ],
        "share_target": {
            "action": reverse("share"),
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {
                "title": "title",
                "text": "text",
                "url": "url",
                "files": [
                    {"name": "files", "accept": ["image/*", "video/*", "audio/*", "application/pdf", "text/plain"]}
                ],
            },
        },
    }
    response = JsonResponse(body, content_type="application/manifest+json")
    response["Cache-Control"] = "private, max-age=300"
    return response


def kind_of(path: str) -> str:
    return "image/svg+xml" if path.endswith(".svg") else "image/png"


@require_GET
@never_cache
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script at the root, so that its scope is everything. Any change of a file or of the language is another script to the
    browser, which then replaces the old one at once: nobody is held by an old version.
    """
    known = {
        "offline": reverse("offline"),
        "share": reverse("share"),
        "files": [staticfiles_storage.url(path) for path in OFFLINE_FILES],
        "statics": settings.STATIC_URL,
        "icon": staticfiles_storage.url("img/icon-192.png"),
        "badge": staticfiles_storage.url(BADGE),
        "language": get_language(),
        "fallback": _("New message"),
    }
    known["version"] = hashlib.sha256(f"{settings.RELEASE} {json.dumps(known)}".encode()).hexdigest()[:12]
    response = HttpResponse(
        f"const KNOWN = {json.dumps(known)};\n{script()}", content_type="text/javascript; charset=utf-8"
    )
    response["Service-Worker-Allowed"] = "/"
    return response


@lru_cache(maxsize=1)
def script() -> str:
    return (Path(settings.BASE_DIR) / "static" / "js" / "sw" / "service-worker.js").read_text(encoding="utf-8")


@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """Kept by the service worker, shown by it alone: it holds nothing of anybody."""
    return render(request, "offline.html")


@csrf_exempt
@require_POST
def share(request: HttpRequest) -> HttpResponse:
    """The service worker takes what is shared before it is sent (it stays in the browser). Without one nothing can be done with it."""
    return HttpResponseRedirect("/")
