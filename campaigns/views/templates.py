"""The copied templates: searched, filtered, looked at as the customer sees them, and copied again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import F, Func, TextField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.guards import permitted, signed_in_user
from campaigns import words
from campaigns.actions import ask_for_templates
from campaigns.models import ChannelAccount, MessageTemplate, TemplateSync
from campaigns.views.accounts import SEE
from connectors.kinds import ChannelKind
from core.lists import Column, FilterForm, Folded, ListPage, matching


class TemplateFilter(FilterForm):
    search_hint = gettext_lazy("Search by name or text")
    account = forms.ModelChoiceField(
        required=False,
        label=gettext_lazy("Account"),
        queryset=ChannelAccount.objects.none(),
        empty_label=pgettext_lazy("filter", "All"),
    )
    status = forms.ChoiceField(required=False, label=gettext_lazy("State"))
    category = forms.ChoiceField(required=False, label=gettext_lazy("Category"))
    language = forms.ChoiceField(required=False, label=gettext_lazy("Language"))

    def __init__(self, *args: Any, user: Any, rows: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account: Any = self.fields["account"]
        account.queryset = ChannelAccount.objects.visible_to(user).filter(kind=ChannelKind.WHATSAPP)
        for name, said in (
            ("status", lambda word: words.template_state(word).get("words", word)),
            ("category", words.category),
            ("language", str),
        ):
            found = sorted(set(rows.order_by().values_list(name, flat=True).distinct()[:200]) - {""})
            field: Any = self.fields[name]
            field.choices = [("", pgettext_lazy("filter", "All")), *((each, said(each)) for each in found)]

    def narrow(self, rows: Any) -> Any:
        for name in ("account", "status", "category", "language"):
            if (value := self.said(name)) is not None:
                rows = rows.filter(**{name: value})
        text = self.said("q")
        return rows.filter(matching(text, "folded_name", "folded_text")) if text else rows


class BodyText(Func):
    """The texts of a template's components, in SQL."""

    template = "lower((jsonb_path_query_array(%(expressions)s, '$[*].text'))::text)"
    output_field = TextField()


@require_GET
@permitted(*SEE)
def templates(request: HttpRequest) -> HttpResponse:
    """The templates of the accounts the user may see."""
    user = signed_in_user(request)
    accounts = ChannelAccount.objects.visible_to(user).filter(kind=ChannelKind.WHATSAPP)
    rows = MessageTemplate.objects.filter(account__in=accounts).select_related("account")
    filters = TemplateFilter(request.GET, user=user, rows=rows)
    page = ListPage(
        rows.annotate(folded_name=Folded("name"), folded_text=Folded(BodyText(F("components")))),
        params=request.GET,
        columns=[
            Column(name="name", title=_("Name"), sort="folded_name"),
            Column(name="status", title=_("State"), sort="status"),
            Column(name="category", title=_("Category"), sort="category"),
            Column(name="language", title=_("Language"), sort="language"),
            Column(name="account", title=_("Account")),
        ],
        order="name",
        filters=filters,
    )
    syncs = sync_rows(list(accounts.order_by("name")))
    context = {"heading": _("Templates"), "page": page, "syncs": syncs, "is_busy": any(each["busy"] for each in syncs)}
    if request.GET.get("fragment") == "sync":
        return render(request, "campaigns/_template_syncs.html", context)
    return render(request, "campaigns/templates.html", context)


def sync_rows(accounts: list[ChannelAccount]) -> list[dict[str, Any]]:
    known = {each.account_id: each for each in TemplateSync.objects.filter(account__in=accounts)}
    rows = []
    for account in accounts:
        sync = known.get(account.pk)
        rows.append({"account": account, "sync": sync, "busy": bool(sync and sync.is_under_way)})
    return rows


@require_GET
@permitted(*SEE)
def template(request: HttpRequest, template_id: int) -> HttpResponse:
    """One template as WhatsApp shows it."""
    accounts = ChannelAccount.objects.visible_to(signed_in_user(request))
    found = MessageTemplate.objects.filter(account__in=accounts, pk=template_id).select_related("account").first()
    if found is None:
        raise Http404
    others = (
        MessageTemplate.objects.filter(account=found.account, name=found.name).exclude(pk=found.pk).order_by("language")
    )
    context = {"heading": found.name, "template": found, "parts": preview_parts(found.components), "others": others}
    return render(request, "campaigns/template.html", context)


def preview_parts(components: list[dict[str, Any]]) -> dict[str, Any]:
    """A template's components by what they are: header, body, footer, buttons."""
    parts: dict[str, Any] = {"buttons": []}
    for each in components:
        kind = str(each.get("type", "")).lower()
        if kind == "buttons":
            parts["buttons"] = [button for button in each.get("buttons", []) if isinstance(button, dict)]
        elif kind in ("header", "body", "footer"):
            parts[kind] = {"format": str(each.get("format", "TEXT")), "text": str(each.get("text", ""))}
    return parts


@require_POST
@permitted(*SEE)
def sync(request: HttpRequest, account_id: int) -> HttpResponse:
    """Copy an account's templates now; the page tells how it goes."""
    user = signed_in_user(request)
    found = ChannelAccount.objects.visible_to(user).filter(pk=account_id, kind=ChannelKind.WHATSAPP).first()
    if found is None:
        raise Http404
    ask_for_templates(found, by=user)
    return redirect("message-templates")
