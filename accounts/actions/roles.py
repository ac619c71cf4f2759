"""Roles and what each may do. Whoever changes one can give and take only what they may do themselves (S08)."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.actions.rights import hold_rights, keep_an_administrator, names_of
from accounts.events import MembershipChanged
from accounts.models import ROLES, User
from core import journal
from core.events import publish
from core.refusals import Invalid, NotFound, Refusal
from core.rights import right_names
from core.versions import refuse_stale, version_of

LONGEST_NAME = 60


class RoleInUse(Refusal):
    """Somebody has it, or it is one of the product's own."""

    code = "role_in_use"


def rights_of(role: Group) -> set[str]:
    """What the role may do, of what can be given at all."""
    return names_of(role.permissions.select_related("content_type")) & right_names()


def grid_version(grid: Mapping[int, set[str]]) -> str:
    return version_of({str(role): sorted(grid[role]) for role in sorted(grid)})


def stored_grid() -> dict[int, set[str]]:
    roles = Group.objects.prefetch_related("permissions__content_type").order_by("pk")
    return {role.pk: names_of(role.permissions.all()) & right_names() for role in roles}


@transaction.atomic
def set_grid(grid: Mapping[int, set[str]], *, by: User, version: str | None = None) -> None:
    """Make every role's rights what the grid says; who has a changed role is looked at anew, on open sockets too.

    Raises:
        Stale: somebody else changed a role since `version`.
        Invalid: something given or taken is not listed, or `by` does not have it.
        LastAdministrator: nobody would be left to mend it.
    """
    hold_rights()
    before = stored_grid()
    refuse_stale(version, grid_version(before))
    changed = {role: (before[role], grid[role]) for role in before if role in grid and before[role] != grid[role]}
    for held, wanted in changed.values():
        refuse_beyond(held ^ wanted, by=by)
    for role_id, (held, wanted) in changed.items():
        role = Group.objects.get(pk=role_id)
        role.permissions.remove(*permissions_named(held - wanted))
        role.permissions.add(*permissions_named(wanted - held))
        details = {"role": role.name, "given": sorted(wanted - held), "taken": sorted(held - wanted)}
        journal.record("role_edited", role, by=by, details=details)
        tell_holders(role)
    if changed:
        keep_an_administrator()


@transaction.atomic
def create_role(name: str, *, like: int | None, by: User) -> Group:
    """Return a new role, with the rights of `like` that `by` has too.

    Raises:
        Invalid: the name is empty or taken.
    """
    hold_rights()
    role = Group(name=free_name(name))
    save_name(role)
    given: set[str] = set()
    source = Group.objects.filter(pk=like).first() if like else None
    if source is not None:
        given = {each for each in rights_of(source) if by.has_perm(each)}
        role.permissions.add(*permissions_named(given))
    journal.record("role_created", role, by=by, details={"role": role.name, "given": sorted(given)})
    return role


@transaction.atomic
def rename_role(role_id: int, *, name: str, by: User) -> Group:
    """Give one of the installation's own roles another name.

    Raises:
        NotFound. RoleInUse: it is built in. Invalid: the name is empty or taken, also by who was quicker.
    """
    role = own_role(role_id)
    if role.name == name.strip():
        return role
    before = role.name
    role.name = free_name(name, but=role.pk)
    save_name(role)
    journal.record("role_renamed", role, by=by, details={"before": {"name": before}, "after": {"name": role.name}})
    return role


@transaction.atomic
def delete_role(role_id: int, *, by: User) -> None:
    """Delete one of the installation's own roles that nobody has.

    Raises:
        NotFound: it does not exist. RoleInUse: somebody has it, or it is built in.
        Invalid: it may do what `by` may not.
    """
    hold_rights()
    role = own_role(role_id)
    refuse_beyond(rights_of(role), by=by)
    if User.objects.filter(groups=role).exists():
        raise RoleInUse(_("Somebody has this role. Give them another one first."))
    journal.record("role_deleted", role, by=by, details={"role": role.name})
    role.delete()


def own_role(role_id: int) -> Group:
    role = Group.objects.select_for_update(no_key=True).filter(pk=role_id).first()
    if role is None:
        raise NotFound(_("There is no such role."))
    if role.name in ROLES:
        raise RoleInUse(_("This role is part of the product: its rights can change, its name cannot."))
    return role


def free_name(name: str, *, but: int | None = None) -> str:
    """The name as it is stored. `but`: whose own it may be already, in other letters. Raises Invalid."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(fields={"name": [_("Write a name of up to {most} characters.").format(most=LONGEST_NAME)]})
    if Group.objects.filter(name__iexact=name).exclude(pk=but or 0).exists():
        raise Invalid(fields={"name": [taken(name)]})
    return name


def save_name(role: Group) -> None:
    """Write the role; the constraint has the last word where two choose one name at once. Raises Invalid."""
    try:
        with transaction.atomic():
            role.save()
    except IntegrityError:
        raise Invalid(fields={"name": [taken(role.name)]}) from None


def taken(name: str) -> str:
    return _("There is already a role «{name}».").format(name=name)


def refuse_beyond(wanted: set[str], *, by: User) -> None:
    if wanted - right_names():
        raise Invalid(_("One of these rights cannot be given."))
    if not by.is_superuser and wanted - set(by.get_all_permissions()):
        raise Invalid(_("You can only give and take what you may do yourself."))


def permissions_named(names: set[str]) -> list[Permission]:
    wanted = Q(pk__in=[])
    for name in names:
        app, _dot, codename = name.partition(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.filter(wanted))


def tell_holders(role: Group) -> None:
    for user_id in User.objects.filter(groups=role).order_by("pk").values_list("pk", flat=True):
        publish(MembershipChanged(user_id=user_id))
