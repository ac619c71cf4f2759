"""Nobody gives, takes or touches more than their own rights reach (S08)."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from core.locks import hold_names
from core.refusals import Invalid, NotAllowed, NotFound, Refusal

# With these two somebody can mend everything else: the last one who has them stays.
KEYS = ("manage_users", "manage_roles")


class LastAdministrator(Refusal):
    """Nobody would be left who can give rights to anybody."""

    code = "last_administrator"


def names_of(permissions: Iterable[Permission]) -> set[str]:
    return {f"{each.content_type.app_label}.{each.codename}" for each in permissions}


def permissions_of_roles(role_ids: Iterable[int]) -> set[str]:
    return names_of(Permission.objects.filter(group__in=list(role_ids)).select_related("content_type"))


def permissions_of(user_id: int) -> set[str]:
    """What a user may do, read anew: a user object remembers what it was asked before."""
    return set(User.objects.get(pk=user_id).get_all_permissions())


def user_within_reach(user_id: int, *, by: User | None) -> User:
    """The user, whom `by` may see and whose rights do not go beyond theirs. Its row is held.

    Raises:
        NotFound: there is none for `by` to see.
        NotAllowed: it may do something that `by` may not: who could change its address could become it.
    """
    visible = User.objects.all() if by is None else User.objects.visible_to(by)
    user: User | None = (
        User.objects.select_for_update(no_key=True).filter(pk__in=visible.values("pk"), pk=user_id).first()
    )
    if user is None:
        raise NotFound(_("There is no such user."))
    if by is not None and not is_within_reach(user, by=by):
        raise NotAllowed(
            _("{name} may do things that you may not: only somebody with those rights changes this.").format(
                name=user.name
            )
        )
    return user


def is_within_reach(user: User, *, by: User) -> bool:
    if by.is_superuser or user.pk == by.pk:
        return True
    return not user.is_superuser and permissions_of(user.pk) <= set(by.get_all_permissions())


def refuse_becoming(user: User, *, by: User | None) -> None:
    """Refuse a way into somebody's account (its address, a token) to whom sees less than they do: rights are not all, teams are more.

    Raises:
        NotAllowed: they belong to a team that `by` does not, or supervise one that `by` does not.
    """
    if by is None or user.pk == by.pk or by.is_superuser or by.has_perm("accounts.see_all_teams"):
        return
    theirs = dict(user.memberships.values_list("team_id", "is_supervisor"))
    own = dict(by.memberships.values_list("team_id", "is_supervisor"))
    if any(team not in own or (supervises and not own[team]) for team, supervises in theirs.items()):
        raise NotAllowed(
            _("{name} sees the work of teams that you do not: only somebody who sees it too changes this.").format(
                name=user.name
            )
        )


def refuse_giving_more(role_ids: set[int], *, by: User | None) -> None:
    """Raise Invalid at `roles` where one of these roles may do what `by` may not."""
    if by is None or by.is_superuser or not role_ids:
        return
    missing = permissions_of_roles(role_ids) - set(by.get_all_permissions())
    if missing:
        raise Invalid(fields={"roles": [_("You can only give and take roles whose rights you have.")]})


def givable_roles(by: User) -> list[Group]:
    """The roles `by` may give to somebody."""
    own = set(by.get_all_permissions())
    roles = Group.objects.prefetch_related("permissions__content_type").order_by("name")
    return [each for each in roles if by.is_superuser or names_of(each.permissions.all()) <= own]


def hold_rights() -> None:
    """One change of rights at a time: two administrators who demote each other at once are not both right."""
    hold_names(["accounts:rights"])


def keep_an_administrator() -> None:
    """Raise LastAdministrator if nobody active could give rights any more. Ask after the change, before the commit."""
    holders = User.objects.filter(is_active=True)
    for key in KEYS:
        given = Permission.objects.filter(content_type__app_label="accounts", codename=key)
        holders = holders.filter(
            Q(is_superuser=True) | Q(groups__permissions__in=given) | Q(user_permissions__in=given)
        ).distinct()
    if not holders.exists():
        raise LastAdministrator(
            _("Nobody would be left who can manage users and roles. Give that to somebody else first.")
        )
