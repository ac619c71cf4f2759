"""{% load assets %}: modules and icons by name, each with its hashed address."""

import json

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from core import assets

register = template.Library()


@register.simple_tag(takes_context=True)
def import_map(context: Context, *entries: str, then: str = "") -> SafeString:
    """The import map, what the entries need (preloaded, so there is no waterfall), and the entries themselves.

    Once per page, with every entry of the page: a browser takes one map, and none after the first module. `then` names modules that
    the page will ask for at once though no entry imports them: these and what they need are preloaded after the rest.
    """
    urls = assets.import_map()
    soon = then.split()
    unknown = [name for name in (*entries, *soon) if name not in urls]
    if unknown:
        raise template.TemplateSyntaxError(f"import_map: there is no static/js/{unknown[0]}")
    # The only inline script of the product; `<` is escaped so that no address can close the element.
    body = json.dumps({"imports": urls}, separators=(",", ":")).replace("<", "\\u003c")
    nonce = getattr(context.get("request"), "csp_nonce", "")
    return mark_safe(  # noqa: S308  built by format_html, but for the JSON escaped above
        "\n".join(
            [
                format_html('<script type="importmap" nonce="{}">{}</script>', str(nonce), mark_safe(body)),  # noqa: S308
                *(
                    format_html('<link rel="modulepreload" href="{}">', urls[name])
                    for name in dict.fromkeys([*assets.modules_needed_by(*entries), *assets.modules_needed_by(*soon)])
                ),
                *(format_html('<script type="module" src="{}"></script>', urls[name]) for name in entries),
            ]
        )
    )


@register.simple_tag
def sprite() -> str:
    return staticfiles_storage.url(assets.SPRITE)


@register.simple_tag
def icon(name: str, *, size: str = "", label: str = "", fill: bool = False) -> SafeString:
    """{% icon "inbox" %}, {% icon "brand-whatsapp" size="sm" %}, {% icon "star" label=_("VIP contact") fill=True %}

    Beside words an icon is decoration; alone it needs `label`. To add one, write its name in static/icons.txt.
    """
    symbol = name if name.startswith("brand-") else f"lucide-{name}"
    if symbol not in assets.icon_names():
        raise template.TemplateSyntaxError(f"icon: «{symbol}» is not in static/icons.txt")
    meaning = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    shape = format_html(' data-size="{}"', size) if size else ""
    solid = mark_safe(" data-fill") if fill else ""
    return format_html('<svg class="icon"{}{} {}><use href="{}#{}"/></svg>', shape, solid, meaning, sprite(), symbol)
