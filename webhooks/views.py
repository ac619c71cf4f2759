"""Where an administrator sees what providers delivered and we could not read, and what they told about accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from core.refusals import Invalid, NotFound
from webhooks.actions import AlreadySettled, discard_letter, replay_letter, rewrite_letter
from webhooks.models import DeadLetter, ProviderNotice
from webhooks.rows import PAGE, letters_page, shown_body

PERMISSION = "webhooks.manage_dead_letters"


class LetterForm(forms.Form):
    body = forms.CharField(
        label=gettext_lazy("Contents (JSON)"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "data-kind": "json"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


@require_GET
@login_required
def dead_letters(request: HttpRequest) -> HttpResponse:
    """The letters, newest first, page by page below the last id seen."""
    admitted(request)
    state = request.GET.get("state", DeadLetter.State.DEAD)
    page, after = letters_page(state, before=whole_number(request.GET.get("before")))
    states = [("", _("All")), *DeadLetter.State.choices]
    return render(
        request, "webhooks/dead_letters.html", {"letters": page, "after": after, "state": state, "states": states}
    )


@require_http_methods(["GET", "POST"])
@login_required
def dead_letter(request: HttpRequest, letter_id: int) -> HttpResponse:
    """One letter: what it holds and why it lies here; while it waits it can be mended."""
    user = admitted(request)
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
    context: dict[str, Any] = {"letter": letter, "shown": shown, "form": form, "is_editable": is_editable}
    return render(request, "webhooks/dead_letter.html", context, status=400 if form.errors else 200)


@require_POST
@login_required
def replay(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Ask for it to be read once more. Twice is once."""
    user = admitted(request)
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
@login_required
def discard(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Set it aside for good."""
    user = admitted(request)
    try:
        discard_letter(letter_id, by=user)
    except NotFound:
        raise Http404 from None
    except AlreadySettled as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("It was discarded. It is kept and can still be looked at."))
    return redirect("dead-letter", letter_id=letter_id)


@require_GET
@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """What providers told about accounts and templates, newest first."""
    admitted(request)
    before = whole_number(request.GET.get("before"))
    found = ProviderNotice.objects.defer("payload").order_by("-id")
    if before is not None:
        found = found.filter(pk__lt=before)
    page = list(found[: PAGE + 1])
    after = page[PAGE - 1].pk if len(page) > PAGE else None
    return render(request, "webhooks/notices.html", {"notices": page[:PAGE], "after": after})


def admitted(request: HttpRequest) -> User:
    """The user, who may be here. Raises PermissionDenied (403): that there is such a page is no secret."""
    assert isinstance(request.user, User)
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    return request.user


def whole_number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
