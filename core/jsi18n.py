"""The words of the browser: gettext() and friends, in the page's language.

Django's own catalogue, with an address that changes when the words do, so that a browser asks once per release and language.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.views.i18n import JavaScriptCatalog

# `packages`: ours only. The words of the admin and of allauth are not the island's.
_catalog = JavaScriptCatalog.as_view(domain="djangojs", packages=["core"])


def js_catalog(request: HttpRequest) -> HttpResponseBase:
    # The language is part of the address: a shared cache, or a change of language, never mixes them up.
    language = request.GET.get("language", "")
    with translation.override(language if language in dict(settings.LANGUAGES) else translation.get_language()):
        response = _catalog(request)
    if request.GET.get("v") == version():
        response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def js_catalog_url() -> str:
    return f"{reverse('jsi18n')}?language={translation.get_language()}&v={version()}"


@lru_cache(maxsize=1)
def version() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(settings.BASE_DIR).glob("locale/*/LC_MESSAGES/djangojs.mo")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
