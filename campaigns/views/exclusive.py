"""The contact's tab «exclusive agent» (004-30): campaigns serve it in contacts' page (config/panels.py)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.guards import signed_in_user
from accounts.models import User
from campaigns.actions.exclusive import remove_exclusive_agent, set_exclusive_agent
from campaigns.exclusive_rows import agents_to_choose, exclusive_rows
from contacts.models import Contact
from core.fragments import answer_fragment, is_fragment
from core.refusals import NotFound, Refusal

LONGEST_ID = 18


@require_http_methods(["GET", "POST"])
@login_required
def contact_exclusive_agents(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Whose the contact is in each campaign; choosing one, and letting everybody attend again."""
    user = signed_in_user(request)
    contact = Contact.objects.visible_to(user).select_related("merged_into").filter(pk=contact_id).first()
    if contact is None:
        raise Http404
    trouble, status = "", 200
    if request.method == "POST":
        try:
            change(request, contact, user)
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            reasons = [reason for each in refusal.fields.values() for reason in each]
            trouble, status = " ".join(reasons) or refusal.message, 409
        if not trouble and not is_fragment(request):
            return redirect("contact-exclusive-agents", contact_id)
    rows = exclusive_rows(contact, user)
    choices = agents_to_choose(user)
    context = {
        "contact": contact,
        "rows": rows,
        "choices": choices,
        "mine": {each["id"] for each in choices},
        "trouble": trouble,
    }
    # What its own form gets takes the place of what stands inside of it (ui/fragment.js).
    part = "_exclusive_agents" if request.method == "POST" and is_fragment(request) else "_contact_exclusive_agents"
    return answer_fragment(request, f"campaigns/{part}.html", context, title=_("Exclusive agent"), status=status)


def change(request: HttpRequest, contact: Contact, user: User) -> None:
    """Do what the form says. Raises Http404 where it says nothing, and what the actions raise."""
    what, chosen = request.POST.get("do", ""), request.POST.get("chosen", "")
    campaign_id, _colon, user_id = chosen.partition(":")
    if not is_id(campaign_id):
        raise NotFound
    if what == "remove":
        remove_exclusive_agent(contact.pk, campaign_id=int(campaign_id), by=user)
    elif what == "set" and is_id(user_id):
        set_exclusive_agent(contact.pk, campaign_id=int(campaign_id), user_id=int(user_id), by=user)
    else:
        raise NotFound


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_ID
