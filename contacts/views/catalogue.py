"""What the pages of contacts' configuration share: order by drag or step, archiving with a way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.guards import permitted, signed_in_user
from accounts.models import User
from contacts.models import Contact
from core.forms import tell
from core.refusals import NotFound, Refusal

MANAGE = "contacts.manage_contact_setup"


@dataclass(frozen=True, kw_only=True)
class ListedRow:
    """A row of a short catalogue, as `contacts/setup_ordered.html` draws it."""

    pk: int
    title: str
    line: str
    badges: tuple[str, ...]
    is_archived: bool


def acted(act: Callable[..., object], words: Any, *, undo: str, back_to: str) -> Callable[..., HttpResponse]:
    """A page that only does something to one row, says so with a way back, and returns to the list."""

    @require_POST
    @permitted(MANAGE)
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        try:
            act(pk, by=signed_in_user(request))
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            messages.error(request, refusal.message)
        else:
            tell(request, str(words), undo_url=reverse(undo, args=[pk]))
        return redirect(back_to)

    return view


def ordering(
    order: Callable[..., object], live_ids: Callable[[], Sequence[int]], *, back_to: str
) -> Callable[..., HttpResponse]:
    """A page that takes the whole order by drag («order»), or one of the rows a step up or down («step»)."""

    @require_POST
    @permitted(MANAGE)
    def view(request: HttpRequest) -> HttpResponse:
        ids = list(live_ids())
        said = [int(each) for each in request.POST.get("order", "").split(",") if is_id(each)]
        way, _colon, moved = request.POST.get("step", "").partition(":")
        if said:
            ids = said
        elif way in ("up", "down") and is_id(moved) and int(moved) in ids:
            at = ids.index(int(moved))
            to = max(0, min(len(ids) - 1, at + (-1 if way == "up" else 1)))
            ids.insert(to, ids.pop(at))
        order(ids, by=signed_in_user(request))
        return redirect(back_to)

    return view


def seen_only(belongings: Any, *, by: User) -> Any:
    """Rows of whatever contacts carry (tags, memberships of groups), those of contacts that `by` sees alone."""
    if by.has_perm("accounts.see_all_teams"):
        return belongings
    return belongings.filter(Exists(Contact.objects.visible_to(by).filter(pk=OuterRef("contact"))))


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
