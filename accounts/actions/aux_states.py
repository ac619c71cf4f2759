"""Auxiliaries as administrators set them up. What somebody stood in is history: a used one is archived, never deleted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import AgentStateInterval, AuxState, User
from core import journal
from core.locks import hold_names
from core.refusals import Invalid, NotFound, Refusal
from core.text import HUES, fold
from core.versions import refuse_stale, version_of

# A glance, not a search: what an auxiliary may look like in the status bar.
ICONS = (
    "messages-square", "message-square", "phone", "id-card", "layers", "coffee", "utensils", "door-open",
    "graduation-cap", "users", "inbox", "headset", "clock", "circle-pause", "circle-off",
)  # fmt: skip
FIELDS = ("name", "color", "icon", "routing", "accepts_new", "works_active", "productive", "max_minutes", "is_initial")


class StillNeeded(Refusal):
    """It is where everybody begins, or somebody stands in it now."""

    code = "still_needed"


@dataclass(frozen=True, kw_only=True)
class AuxSheet:
    """What is written of an auxiliary."""

    name: str
    color: str = "gray"
    icon: str = "coffee"
    routing: str = AuxState.Routing.NOT_READY
    accepts_new: bool = False
    works_active: bool = False
    productive: bool = True
    max_minutes: int | None = None
    is_initial: bool = False

    @classmethod
    def of(cls, aux_state: AuxState) -> AuxSheet:
        return cls(**{name: getattr(aux_state, name) for name in FIELDS})

    def as_values(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@transaction.atomic
def create_aux_state(sheet: AuxSheet, *, by: User) -> AuxState:
    """Return a new auxiliary, last in the list. Raises Invalid."""
    hold_list()
    refuse_wrong(sheet, but=None)
    last = AuxState.objects.order_by("-position").values_list("position", flat=True).first()
    aux_state = AuxState(code=free_code(sheet.name), position=(last or 0) + 1)
    store(aux_state, sheet)
    journal.record("aux_state_created", aux_state, by=by, details={"after": sheet.as_values()})
    return aux_state


@transaction.atomic
def edit_aux_state(aux_state_id: int, *, sheet: AuxSheet, by: User, version: str | None = None) -> AuxState:
    """Write an auxiliary. Who stands in it stays there, under its new rules.

    Raises: NotFound, Stale, Invalid, and StillNeeded when nobody would know where to begin.
    """
    hold_list()
    aux_state = held(aux_state_id)
    before = AuxSheet.of(aux_state)
    refuse_stale(version, before.version)
    if before == sheet:
        return aux_state
    if before.is_initial and not sheet.is_initial:
        raise StillNeeded(_("Everybody begins here after signing in. Choose another one to begin with instead."))
    if aux_state.archived and sheet.is_initial:
        raise StillNeeded(_("It is archived. Restore it first."))
    refuse_wrong(sheet, but=aux_state)
    store(aux_state, sheet)
    journal.record("aux_state_edited", aux_state, by=by, details=journal.changes(before.as_values(), sheet.as_values()))
    return aux_state


@transaction.atomic
def archive_aux_state(aux_state_id: int, *, by: User) -> AuxState:
    """Take it out of the choice. Raises StillNeeded while somebody stands in it or everybody begins in it."""
    hold_list()
    aux_state = held(aux_state_id)
    if aux_state.archived:
        return aux_state
    if aux_state.is_initial:
        raise StillNeeded(_("Everybody begins here after signing in. Choose another one to begin with instead."))
    if AgentStateInterval.objects.filter(aux_state=aux_state, ended_at__isnull=True).exists():
        raise StillNeeded(_("Somebody is in it now. Archive it when nobody is."))
    aux_state.archived = True
    aux_state.save(update_fields=["archived"])
    journal.record("aux_state_archived", aux_state, by=by)
    return aux_state


@transaction.atomic
def restore_aux_state(aux_state_id: int, *, by: User) -> AuxState:
    """Bring it back into the choice."""
    hold_list()
    aux_state = held(aux_state_id)
    if aux_state.archived:
        aux_state.archived = False
        aux_state.save(update_fields=["archived"])
        journal.record("aux_state_restored", aux_state, by=by)
    return aux_state


@transaction.atomic
def order_aux_states(ids: Sequence[int], *, by: User) -> None:
    """Put them in this order. Those that are not named (somebody just made one) follow in the order they had."""
    hold_list()
    known = {each.pk: each for each in AuxState.objects.order_by("position", "pk")}
    wanted = [known[each] for each in dict.fromkeys(ids) if each in known]
    rest = [each for each in known.values() if each not in wanted]
    moved = False
    for position, aux_state in enumerate((*wanted, *rest)):
        if aux_state.position != position:
            aux_state.position, moved = position, True
            aux_state.save(update_fields=["position"])
    if moved:
        journal.record(
            "aux_states_ordered",
            wanted[0] if wanted else rest[0],
            by=by,
            details={"order": [each.pk for each in wanted]},
        )


def hold_list() -> None:
    # The list is short and seldom changed: one change at a time keeps order and beginning whole.
    hold_names(["accounts:aux_states"])


def held(aux_state_id: int) -> AuxState:
    aux_state: AuxState | None = AuxState.objects.filter(pk=aux_state_id).first()
    if aux_state is None:
        raise NotFound(_("There is no such auxiliary."))
    return aux_state


def refuse_wrong(sheet: AuxSheet, *, but: AuxState | None) -> None:
    fields: dict[str, list[str]] = {}
    others = AuxState.objects.exclude(pk=but.pk) if but else AuxState.objects.all()
    if any(fold(other) == fold(sheet.name) for other in others.values_list("name", flat=True)):
        fields["name"] = [_("There is already an auxiliary «{name}».").format(name=sheet.name)]
    if sheet.color not in HUES:
        fields["color"] = [_("Choose one of the colours.")]
    if sheet.icon not in ICONS:
        fields["icon"] = [_("Choose one of the icons.")]
    if sheet.routing == AuxState.Routing.READY and not sheet.accepts_new:
        fields["accepts_new"] = [
            _("«Ready» means that new conversations come in. Choose another routing, or accept new ones.")
        ]
    if sheet.accepts_new and sheet.routing != AuxState.Routing.READY:
        fields["routing"] = [_("New conversations only come in with «Ready».")]
    if fields:
        raise Invalid(fields=fields)


def store(aux_state: AuxState, sheet: AuxSheet) -> None:
    if sheet.is_initial:
        AuxState.objects.filter(is_initial=True).exclude(pk=aux_state.pk).update(is_initial=False)
    for name, value in sheet.as_values().items():
        setattr(aux_state, name, value)
    aux_state.save()


def free_code(name: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_")[:32] or "aux"
    taken = set(AuxState.objects.filter(code__startswith=base).values_list("code", flat=True))
    return next(code for code in (base, *(f"{base}_{number}" for number in range(2, 999))) if code not in taken)
