"""Buttons of one row: something is done, or refused in words, and one is back at a page. The action asks for itself."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.guards import permitted, signed_in_user
from core.forms import tell
from core.refusals import NotFound, Refusal


def button(
    act: Callable[..., object], words: Any, *, permission: str, undo: str, back: Callable[[int], str]
) -> Callable[..., HttpResponse]:
    """The view that calls `act(id, by=user)` with the one id of its address.

    `words` tell that it was done, beside the way back (`undo`: a URL name that takes the same id); then one is sent to `back(id)`.
    """

    def view(request: HttpRequest, **named: int) -> HttpResponse:
        (pk,) = named.values()
        try:
            act(pk, by=signed_in_user(request))
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            messages.error(request, " ".join([refusal.message, *chain.from_iterable(refusal.fields.values())]).strip())
        else:
            tell(request, str(words), undo_url=reverse(undo, args=[pk]))
        return redirect(back(pk))

    # It is of the room whose action it calls: the table of addresses then says whose page it is.
    view.__module__ = act.__module__
    return require_POST(permitted(permission)(view))


def at_list(name: str) -> Callable[[int], str]:
    """Back to a list."""
    return lambda _pk: reverse(name)


def at_page(name: str) -> Callable[[int], str]:
    """Back to the row's own page."""
    return lambda pk: reverse(name, args=[pk])
