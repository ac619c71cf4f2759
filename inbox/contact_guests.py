"""What inbox shows of a contact in their page (config/panels.py): what may be started, calls, the history, the files.

Each is a fragment for the page's script, and a whole page for who comes by a link without one. Each asks itself who may see it.
"""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import signed_in_user
from accounts.models import User
from contacts.models import Contact
from contacts.ways import ways_by_channel
from core.fragments import answer_fragment, is_fragment
from core.refusals import Invalid, NotFound, Refusal
from inbox import rows
from inbox.actions.calling import call_outcomes, end_call, register_call
from inbox.actions.closing import full_name
from inbox.api.pages import message_page
from inbox.interactions import interactions_of
from inbox.models import Attachment, Call, Conversation, Message
from inbox.openings import openings_of
from typification.models import Typification

FILES_PAGE = 24
TRANSCRIPT_PAGE = 40
FILE_GROUPS = {"media": ("image", "video", "sticker"), "documents": ("document",), "sound": ("audio", "voice")}


class RegisterForm(forms.Form):
    client_id = forms.UUIDField()
    point = forms.IntegerField(min_value=1)


class OutcomeForm(forms.Form):
    typification = forms.ChoiceField(label=gettext_lazy("Outcome"))
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=4000
    )

    # As a browser's input of time has it, in the reader's own time zone.
    callback_at = forms.DateTimeField(
        label=gettext_lazy("When they are contacted again"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = call_outcomes()
        choices = [(str(pk), full_name(each)) for pk, each in offered.items()]
        never = Typification.AsksCallback.NO
        # Of which a time is asked, for the script that shows the field.
        self.asking = " ".join(str(pk) for pk, each in offered.items() if each.asks_callback != never)
        field = self.fields["typification"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Choose how it went")), *choices]


@require_GET
@login_required
def contact_openings(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The contact's ways, each with what may be started through it now, and why not (002-16, 002-17)."""
    user = signed_in_user(request)
    contact = visible_contact(contact_id, user)
    groups = ways_by_channel(contact, sees_numbers=user.has_perm("accounts.see_numbers"))
    openings = openings_of(contact, [way.point for group in groups for way in group.ways], user)
    context = {
        "contact": contact,
        "groups": [
            {
                "group": group,
                # Each call has its name before it is made: pressed twice it is one call.
                "ways": [
                    {"way": way, "opening": openings[way.point.pk], "client_id": uuid.uuid4()} for way in group.ways
                ],
            }
            for group in groups
        ],
        "unfinished": Call.objects.filter(contact=contact, user=user, ended_at=None).order_by("-started_at").first(),
    }
    return answer_fragment(request, "inbox/_contact_openings.html", context, title=_("Contact points"))


@require_POST
@login_required
def contact_calls(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Register a call that begins now; answer with the form for its outcome, and with where to dial."""
    user = signed_in_user(request)
    form = RegisterForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    try:
        call, _is_new = register_call(
            contact_id, by=user, client_id=form.cleaned_data["client_id"], contact_point_id=form.cleaned_data["point"]
        )
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        context = {"refusal": refusal.message}
        return answer_fragment(request, "inbox/_refused.html", context, title=_("Call"), status=refusal.status)
    if not is_fragment(request):
        return redirect("call-outcome", contact_id, call.uuid)
    return outcome_page(request, call, OutcomeForm())


@require_http_methods(["GET", "POST"])
@login_required
def call_outcome(request: HttpRequest, contact_id: int, call_uuid: uuid.UUID) -> HttpResponse:
    """How a call went: the form, and taking it in."""
    user = signed_in_user(request)
    visible_contact(contact_id, user)
    call = Call.objects.visible_to(user).filter(uuid=call_uuid).select_related("user", "contact").first()
    if call is None or call.user_id != user.pk:
        raise Http404
    form = OutcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            end_call(
                call_uuid,
                by=user,
                typification_id=int(form.cleaned_data["typification"]),
                note=form.cleaned_data["note"],
                callback_at=form.cleaned_data["callback_at"],
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            if is_fragment(request):
                return render(request, "inbox/_call_done.html", {"call": call})
            return redirect("contact-interactions", contact_id)
    return outcome_page(request, call, form)


def outcome_page(request: HttpRequest, call: Call, form: OutcomeForm) -> HttpResponse:
    user = signed_in_user(request)
    number = call.number if user.has_perm("accounts.see_numbers") else ""
    context = {
        "call": call,
        "form": form,
        "dial": dial_address(number) if number and not call.is_over else "",
        "number": number,
    }
    status = 400 if form.errors else 200
    return answer_fragment(request, "inbox/_call_outcome.html", context, title=_("How did the call go?"), status=status)


def dial_address(number: str) -> str:
    plain = "+" + "".join(filter(str.isdecimal, number))
    # In the query of a page of the exchange a plus would be a space.
    is_page = settings.CALL_ADDRESS.startswith("http")
    return str(settings.CALL_ADDRESS).replace("{number}", plain.replace("+", "%2B") if is_page else plain)


def add_refusal(form: forms.Form, refusal: Refusal) -> None:
    for name, messages in (refusal.fields or {"": [refusal.message]}).items():
        form.add_error(name if name in form.fields else None, messages)


@require_GET
@login_required
def contact_interactions(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Conversations and calls, newest first, a page at a time (002-21)."""
    user = signed_in_user(request)
    contact = visible_contact(contact_id, user)
    before = request.GET.get("before", "")
    try:
        page = interactions_of(contact, user, before=before)
    except Invalid:
        raise Http404 from None
    return answer_fragment(
        request,
        "inbox/_contact_interactions.html",
        {"contact": contact, "page": page, "is_first": not before},
        title=_("History"),
    )


@require_GET
@login_required
def contact_conversation(request: HttpRequest, contact_id: int, conversation_id: int) -> HttpResponse:
    """One conversation to be read: its facts and what was said, the newest page of it first (002-22)."""
    user = signed_in_user(request)
    contact = visible_contact(contact_id, user)
    conversation = (
        Conversation.objects.visible_to(user)
        .filter(contact_id__in=identities(contact), pk=conversation_id)
        .select_related("channel_account", "campaign", "assignee", "closed_by", "typification__parent")
        .first()
    )
    if conversation is None:
        raise Http404
    before = request.GET.get("before", "")
    try:
        page = message_page(conversation, limit=TRANSCRIPT_PAGE, before=before)
    except (Invalid, NotFound):
        raise Http404 from None
    context = {
        "contact": contact,
        "conversation": conversation,
        "outcome": full_name(conversation.typification) if conversation.typification else "",
        "messages_shown": [
            each | {"kind_words": KIND_WORDS.get(each["kind"], each["kind"])} for each in page["results"]
        ],
        "previous": page["previous"],
        "is_first": not before,
    }
    return answer_fragment(request, "inbox/_contact_conversation.html", context, title=_("Conversation"))


@require_GET
@login_required
def contact_call(request: HttpRequest, contact_id: int, call_uuid: uuid.UUID) -> HttpResponse:
    """One call: when, who, what came of it."""
    user = signed_in_user(request)
    contact = visible_contact(contact_id, user)
    call = (
        Call.objects.visible_to(user)
        .filter(contact_id__in=identities(contact), uuid=call_uuid)
        .select_related("user", "team", "typification__parent", "contact_point")
        .first()
    )
    if call is None:
        raise Http404
    context = {
        "contact": contact,
        "call": call,
        "is_mine": call.user_id == user.pk,
        "outcome": full_name(call.typification) if call.typification else "",
        "number": rows.shown_number(call.number, sees_numbers=user.has_perm("accounts.see_numbers")),
        "minutes": max(0, round(((call.ended_at or timezone.now()) - call.started_at).total_seconds() / 60)),
    }
    return answer_fragment(request, "inbox/_contact_call.html", context, title=_("Call"))


@require_GET
@login_required
def contact_files(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Files of the contact's conversations that the reader may see, newest first (001-33)."""
    user = signed_in_user(request)
    contact = visible_contact(contact_id, user)
    group = request.GET.get("group", "media")
    if group not in FILE_GROUPS:
        raise Http404
    mine = Conversation.objects.visible_to(user).filter(contact_id__in=identities(contact))
    files = Attachment.objects.filter(
        conversation__in=mine.order_by(),
        kind__in=FILE_GROUPS[group],
        message__deleted_at=None,
        message__revoked_at=None,
    ).order_by("-message_id")
    before = request.GET.get("before", "")
    if before:
        if not before.isascii() or not before.isdigit() or len(before) > 18:
            raise Http404
        files = files.filter(message_id__lt=int(before))
    ids = list(files.values_list("message_id", flat=True)[: FILES_PAGE + 1])
    shown = rows.message_rows(Message.objects.filter(pk__in=ids[:FILES_PAGE]).order_by("-pk"))
    context = {
        "contact": contact,
        "group": group,
        "groups": [("media", _("Photos and videos")), ("documents", _("Documents")), ("sound", _("Audio"))],
        "files": [each for each in shown if each["attachment"]],
        "next": ids[FILES_PAGE - 1] if len(ids) > FILES_PAGE else None,
        "is_first": not before,
    }
    return answer_fragment(request, "inbox/_contact_files.html", context, title=_("Files"))


def identities(contact: Contact) -> list[int]:
    return [contact.pk, *Contact.objects.filter(merged_into=contact).values_list("pk", flat=True)]


def visible_contact(contact_id: int, user: User) -> Contact:
    """Raises Http404: another team's, or none at all."""
    contact: Contact | None = Contact.objects.visible_to(user).prefetch_related("points").filter(pk=contact_id).first()
    if contact is None:
        raise Http404
    return contact


KIND_WORDS = {
    "image": gettext_lazy("Photo"),
    "video": gettext_lazy("Video"),
    "audio": gettext_lazy("Audio"),
    "voice": gettext_lazy("Voice note"),
    "document": gettext_lazy("Document"),
    "sticker": gettext_lazy("Sticker"),
    "location": gettext_lazy("Location"),
    "contacts": gettext_lazy("Contact card"),
    "interactive": gettext_lazy("Answer"),
    "template": gettext_lazy("Template"),
    "order": gettext_lazy("Order"),
    "unsupported": gettext_lazy("Not supported"),
}
