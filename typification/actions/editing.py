"""Adding a node, and changing what one is called and does."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core import journal
from core.refusals import Invalid, NotFound
from core.text import without_nul
from core.versions import refuse_stale
from typification.actions.holding import hold_tree, place
from typification.errors import NotInTree, ProtectedNode, TooDeep
from typification.models import Typification

NAME_LENGTH = 80
# Two levels are what the closing dialog shows at ease; deeper ones are walked through one by one.
MOST_LEVELS = 5
MOST_CALLBACK_HOURS = 24 * 365

BEHAVIOUR = (
    "applies_to",
    "closes_member",
    "effective",
    "recyclable",
    "allows_redial",
    "quick_close",
    "requires_base",
    "requires_note",
    "asks_callback",
    "auto_callback_after",
    "counts_as_attempt",
)


@transaction.atomic
def add_node(name: str, *, by: User, parent_id: int | None = None, after_id: int | None = None) -> Typification:
    """Add an outcome below `parent_id` (None: at the top), right after one of its nodes or at the end.

    Raises:
        NotFound: there is no such parent. Invalid: the name. ProtectedNode, NotInTree, TooDeep: nothing may stand there.
    """
    hold_tree()
    parent = found(parent_id) if parent_id is not None else None
    refuse_unless_heading(parent, levels_below=1)
    name = checked_name(name, parent_id=parent_id)
    siblings = list(Typification.objects.siblings_under(parent_id))
    at = next((index + 1 for index, each in enumerate(siblings) if each.pk == after_id), len(siblings))
    node = Typification.objects.create(name=name, parent=parent, position=len(siblings))
    siblings.insert(at, node)
    place(siblings)
    journal.record("typification_added", node, by=by, details={"parent": parent_id})
    return node


@transaction.atomic
def rename_node(node_id: int, name: str, *, by: User) -> Typification:
    """Give a node another name. The same one again changes nothing.

    Raises:
        NotFound. ProtectedNode: the product names it. Invalid: the name.
    """
    hold_tree()
    node = held(node_id)
    refuse_if_protected(node)
    name = checked_name(name, parent_id=node.parent_id, besides=node.pk)
    return save_changes(node, {"name": name}, by=by)


@transaction.atomic
def change_node(
    node_id: int, *, by: User, version: str | None, name: str, behaviour: Mapping[str, Any]
) -> Typification:
    """Change what a node is called and what it does (`BEHAVIOUR`), all at once.

    `version` is the one the editor looked at: whoever comes second is told, and overwrites nothing.

    Raises:
        NotFound. ProtectedNode. Stale. Invalid: a value, at its field.
    """
    hold_tree()
    node = held(node_id)
    refuse_if_protected(node)
    refuse_stale(version, str(node.version))
    changes = {"name": checked_name(name, parent_id=node.parent_id, besides=node.pk)} | checked_behaviour(behaviour)
    return save_changes(node, changes, by=by)


def save_changes(node: Typification, changes: Mapping[str, Any], *, by: User) -> Typification:
    changed = sorted(field for field, value in changes.items() if getattr(node, field) != value)
    if not changed:
        return node
    for field in changed:
        setattr(node, field, changes[field])
    node.version += 1
    node.save(update_fields=[*changed, "version"])
    journal.record("typification_changed", node, by=by, details={"fields": changed})
    return node


def found(node_id: int) -> Typification:
    """The node. The tree is held. Raises NotFound."""
    node: Typification | None = Typification.objects.filter(pk=node_id).first()
    if node is None:
        raise NotFound
    return node


def held(node_id: int) -> Typification:
    """The node, its row locked: a conversation that closes with it just now comes before or after us. Raises NotFound."""
    node: Typification | None = Typification.objects.select_for_update().filter(pk=node_id).first()
    if node is None:
        raise NotFound
    return node


def refuse_if_protected(node: Typification) -> None:
    if node.system_code is not None:
        raise ProtectedNode(_("«%(name)s» belongs to the system: it closes by itself with it.") % {"name": node.name})


def refuse_unless_heading(parent: Typification | None, *, levels_below: int) -> None:
    """Refuse a parent below which nothing may stand. `levels_below` is how many levels would."""
    if parent is None:
        return
    refuse_if_protected(parent)
    if parent.archived:
        raise NotInTree(_("«%(name)s» is archived. Restore it first.") % {"name": parent.name})
    if len(path_to(parent)) + levels_below > MOST_LEVELS:
        raise TooDeep(_("The tree has at most %(most)d levels.") % {"most": MOST_LEVELS})


def path_to(node: Typification) -> list[Typification]:
    """The nodes from the top down to this one, itself last. The tree is held, so it ends."""
    path = [node]
    while path[0].parent_id is not None:
        path.insert(0, Typification.objects.get(pk=path[0].parent_id))
    return path


def checked_name(name: str, *, parent_id: int | None, besides: int | None = None) -> str:
    """The name as it is kept. Raises Invalid: it is empty, too long, or a neighbour's."""
    name = " ".join(without_nul(name).split())
    if not name:
        raise Invalid(fields={"name": [_("Write a name.")]})
    if len(name) > NAME_LENGTH:
        text = _("At most %(limit)d characters; this one has %(length)d.") % {"limit": NAME_LENGTH, "length": len(name)}
        raise Invalid(fields={"name": [text]})
    # Archived ones too: restored, the two would be told apart by nobody.
    for each in [each for each in Typification.objects.siblings_under(parent_id) if each.pk != besides]:
        if each.name.casefold() == name.casefold():
            text = (
                _("There is already an archived «%(name)s» here.")
                if each.archived
                else _("There is already a «%(name)s» here.")
            )
            raise Invalid(fields={"name": [text % {"name": each.name}]})
    return name


def checked_behaviour(behaviour: Mapping[str, Any]) -> dict[str, Any]:
    """What may be written of it. Raises Invalid at the field that is wrong."""
    values = {field: behaviour[field] for field in BEHAVIOUR if field in behaviour}
    fields: dict[str, list[str]] = {}
    for field, choices in (("applies_to", Typification.AppliesTo), ("asks_callback", Typification.AsksCallback)):
        if field in values and values[field] not in choices.values:
            fields[field] = [_("Choose one of the list.")]
    after = values.get("auto_callback_after")
    if after is not None and not datetime.timedelta() < after <= datetime.timedelta(hours=MOST_CALLBACK_HOURS):
        fields["auto_callback_after"] = [_("Between 1 hour and a year.")]
    if fields:
        raise Invalid(fields=fields)
    return values
