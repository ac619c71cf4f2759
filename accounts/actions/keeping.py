"""What a person keeps for themselves at the desk: saved views and their own keys. Nobody else sees what they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import SavedView, User
from core.refusals import Invalid, NotFound
from core.text import without_nul

MOST_VIEWS = 30
LONGEST_NAME = 40
MOST_KEYS = 40
LONGEST_KEY = 30

Filters = Mapping[str, Sequence[str]]


@transaction.atomic
def save_view(user: User, *, name: str, filters: Filters, screen: str = SavedView.Screen.DESK) -> SavedView:
    """Keep a combination of filters under a name, at the end of its screen's others. The filters are whose list it is to judge.

    Raises:
        Invalid: no name, a name that there is already, or too many views.
    """
    held = views_of(user, screen)
    if len(held) >= MOST_VIEWS:
        raise Invalid(
            _("Check the marked fields."),
            fields={"name": [_("You have %(limit)d views already. Delete one first.") % {"limit": MOST_VIEWS}]},
        )
    name = named(name)
    return written(
        SavedView(
            user=user,
            name=name,
            screen=screen,
            filters=as_lists(filters),
            position=held[-1].position + 1 if held else 0,
        )
    )


@transaction.atomic
def change_view(
    view_id: int,
    *,
    by: User,
    name: str | None = None,
    filters: Filters | None = None,
    screen: str = SavedView.Screen.DESK,
) -> SavedView:
    """Rename a view of a screen, or let it stand for other filters.

    Raises:
        NotFound: it is not theirs, or there is none. Invalid: as for `save_view`.
    """
    view = next((each for each in views_of(by, screen) if each.pk == view_id), None)
    if view is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    if name is not None:
        view.name = named(name)
    if filters is not None:
        view.filters = as_lists(filters)
    return written(view)


@transaction.atomic
def delete_view(view_id: int, *, by: User, screen: str = SavedView.Screen.DESK) -> None:
    """Forget a view of a screen.

    Raises:
        NotFound: it is not theirs, or there is none (any more).
    """
    gone, _of_each = SavedView.objects.filter(pk=view_id, user=by, screen=screen).delete()
    if not gone:
        raise NotFound(_("It does not exist or is not yours to see."))


@transaction.atomic
def order_views(ids: Sequence[int], *, by: User, screen: str = SavedView.Screen.DESK) -> list[SavedView]:
    """Put a screen's views in this order. Those not named (another tab made them meanwhile) come after, as they stood."""
    wanted = {pk: place for place, pk in enumerate(ids)}
    views = sorted(views_of(by, screen), key=lambda each: (wanted.get(each.pk, len(wanted)), each.position, each.pk))
    for place, view in enumerate(views):
        view.position = place
    SavedView.objects.bulk_update(views, ["position"])
    return views


def change_desk_keys(user: User, keys: Mapping[str, str]) -> dict[str, str]:
    """Keep the user's own keys: an action's name and its combination; an empty one turns the action's key off.

    Raises:
        Invalid: too many, or too long. Which actions there are is the desk's to know.
    """
    kept = {without_nul(name): without_nul(key) for name, key in keys.items()}
    if len(kept) > MOST_KEYS or any(
        not name or len(name) > LONGEST_KEY or len(key) > LONGEST_KEY for name, key in kept.items()
    ):
        raise Invalid(_("Check the marked fields."), fields={"keys": [_("This value is not understood.")]})
    User.objects.filter(pk=user.pk).update(desk_keys=kept)
    return kept


def views_of(user: User, screen: str) -> list[SavedView]:
    """The user's views of a screen in their order, held: two tabs that add or sort at once take turns."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return list(SavedView.objects.filter(user=user, screen=screen))


def named(name: str) -> str:
    name = " ".join(without_nul(name).split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(
            _("Check the marked fields."),
            fields={"name": [_("A name of 1 to %(limit)d characters.") % {"limit": LONGEST_NAME}]},
        )
    return name


def as_lists(filters: Filters) -> dict[str, list[str]]:
    return {str(name): [str(each) for each in values] for name, values in filters.items()}


def written(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise Invalid(
            _("Check the marked fields."), fields={"name": [_("You have a view with this name already.")]}
        ) from None
    return view
