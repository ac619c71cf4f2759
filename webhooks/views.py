"""Where an administrator sees what providers delivered and we could not read, and what they told about accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from core.lists import Column, FilterForm, ListPage
from core.refusals import Invalid, NotFound
from core.text import fold
from webhooks.actions import AlreadySettled, discard_letter, replay_letter, rewrite_letter
from webhooks.models import DeadLetter, ProviderNotice
from webhooks.notice_words import saying
from webhooks.rows import first_shown, of_same_delivery, shown_body
from webhooks.words import PATTERNS, TOPICS, topic_in_words

PERMISSION = "webhooks.manage_dead_letters"


class LetterForm(forms.Form):
    body = forms.CharField(
        label=gettext_lazy("Contents (JSON)"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "data-kind": "json"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class LetterFilter(FilterForm):
    search_hint = gettext_lazy("Search by reason, app or number")
    ALL = "all"
    state = forms.ChoiceField(
        required=False,
        label=gettext_lazy("State"),
        choices=[*DeadLetter.State.choices, (ALL, pgettext_lazy("letters", "All"))],
    )

    def narrow(self, rows: Any) -> Any:
        """Those that wait, unless another state is asked for."""
        state = self.said("state") or DeadLetter.State.DEAD
        if state != self.ALL:
            rows = rows.filter(state=state)
        text = self.said("q")
        if not text:
            return rows
        found = Q(reason__icontains=text) | Q(app_key__icontains=text) | Q(number__icontains=text)
        # A reason is kept in English and read in the reader's words.
        for known, _pattern in PATTERNS:
            if fold(text) in fold(_(known)):
                # Before its first value: what stands there is the same for all of this kind.
                found |= Q(reason__startswith=known.partition("%(")[0] or known)
        return rows.filter(found)


@require_GET
@permitted(PERMISSION)
def dead_letters(request: HttpRequest) -> HttpResponse:
    """The letters, newest first, page by page by key; those that wait unless asked otherwise."""
    page = ListPage(
        DeadLetter.objects.defer("body", "first_body"),
        params=request.GET,
        columns=[
            Column(name="arrived", title=_("Arrived"), sort="created_at"),
            Column(name="reason", title=_("Reason")),
            Column(name="state", title=_("State")),
        ],
        order="-arrived",
        filters=LetterFilter(request.GET),
    )
    return render(request, "webhooks/dead_letters.html", {"heading": _("Dead letters"), "page": page})


@require_http_methods(["GET", "POST"])
@permitted(PERMISSION)
def dead_letter(request: HttpRequest, letter_id: int) -> HttpResponse:
    """One letter: what it holds and why it lies here; while it waits it can be mended."""
    user = signed_in_user(request)
    letter = DeadLetter.objects.filter(pk=letter_id).first()
    if letter is None:
        raise Http404
    shown = shown_body(letter)
    is_editable = letter.state == DeadLetter.State.DEAD and shown.is_whole
    form = LetterForm(request.POST or None, initial={"body": shown.text, "version": letter.version})
    if request.method == "POST" and form.is_valid():
        try:
            rewrite_letter(letter_id, by=user, body=form.cleaned_data["body"], version=form.cleaned_data["version"])
        except Invalid as refusal:
            for name, reasons in refusal.fields.items():
                for reason in reasons:
                    form.add_error(name, reason)
        except AlreadySettled as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Saved. It can be replayed now."))
            return redirect("dead-letter", letter_id=letter_id)
    context: dict[str, Any] = {
        "letter": letter,
        "shown": shown,
        "first": first_shown(letter),
        "siblings": of_same_delivery(letter),
        "form": form,
        "is_editable": is_editable,
    }
    return render(request, "webhooks/dead_letter.html", context, status=400 if form.errors else 200)


@require_POST
@permitted(PERMISSION)
def replay(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Ask for it to be read once more. Twice is once."""
    user = signed_in_user(request)
    try:
        replay_letter(letter_id, by=user)
    except NotFound:
        raise Http404 from None
    except AlreadySettled as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("It is being read again. If it still cannot be read, it comes back here."))
    return redirect("dead-letter", letter_id=letter_id)


@require_POST
@permitted(PERMISSION)
def discard(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Set it aside for good."""
    user = signed_in_user(request)
    try:
        discard_letter(letter_id, by=user)
    except NotFound:
        raise Http404 from None
    except AlreadySettled as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("It was discarded. It is kept and can still be looked at."))
    return redirect("dead-letter", letter_id=letter_id)


class NoticeFilter(FilterForm):
    search_hint = gettext_lazy("Search by words or number")
    topic = forms.ChoiceField(required=False, label=gettext_lazy("Subject"))
    kind = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Kind"),
        choices=[
            ("", pgettext_lazy("letters", "All")),
            ("errors", gettext_lazy("Only errors")),
            ("others", gettext_lazy("Without errors")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        topics: Any = self.fields["topic"]
        topics.choices = [("", pgettext_lazy("letters", "All")), *((each, topic_in_words(each)) for each in TOPICS)]

    def narrow(self, rows: Any) -> Any:
        if topic := self.said("topic"):
            rows = rows.filter(topic=topic)
        if kind := self.said("kind"):
            rows = rows.filter(is_error=kind == "errors")
        if text := self.said("q"):
            named = Q(summary__icontains=text) | Q(account_external_id__icontains=text) | Q(waba_id__icontains=text)
            rows = rows.filter(named | saying(text))
        return rows


@require_GET
@permitted(PERMISSION)
def notices(request: HttpRequest) -> HttpResponse:
    """What providers told about accounts and templates, newest first."""
    page = ListPage(
        ProviderNotice.objects.defer("payload"),
        params=request.GET,
        columns=[
            Column(name="arrived", title=_("Arrived"), sort="received_at"),
            Column(name="subject", title=_("Subject"), sort="topic"),
            Column(name="says", title=_("What it says")),
        ],
        order="-arrived",
        filters=NoticeFilter(request.GET),
    )
    return render(request, "webhooks/notices.html", {"heading": _("Provider's notices"), "page": page})
