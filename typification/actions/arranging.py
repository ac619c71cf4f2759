"""Moving nodes about the tree, taking them out of it and bringing them back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core import journal
from core.refusals import Invalid
from typification.actions.editing import change_node, found, held, path_to, refuse_if_protected, refuse_unless_heading
from typification.actions.holding import hold_tree, place, place_under
from typification.errors import ChangedMeanwhile, NotInTree, StillUsed, WouldBeRing
from typification.models import Typification


@transaction.atomic
def move_node(node_id: int, *, by: User, parent_id: int | None, before_id: int | None = None) -> Typification:
    """Put a node, with all below it, under `parent_id` (None: at the top), before one of its nodes or (None) last.

    Raises:
        NotFound: the node or the parent. ChangedMeanwhile: `before_id` stands there no more.
        ProtectedNode, NotInTree, TooDeep, WouldBeRing: it may not stand there. Invalid: a neighbour has its name.
    """
    hold_tree()
    node = held(node_id)
    came_from = node.parent_id
    if parent_id != came_from:
        refuse_if_protected(node)
        refuse_new_parent(node, found(parent_id) if parent_id is not None else None)
    siblings = [each for each in Typification.objects.siblings_under(parent_id) if each.pk != node.pk]
    at = len(siblings)
    if before_id is not None and before_id != node.pk:
        at = next((index for index, each in enumerate(siblings) if each.pk == before_id), -1)
        if at < 0:
            raise ChangedMeanwhile(_("The tree changed meanwhile. Look at it again and repeat the move."))
    elif before_id == node.pk:
        at = min(node.position, len(siblings))
    if parent_id == came_from and [each.pk for each in siblings[:at]] == earlier_of(node):
        return node
    if parent_id != came_from:
        node.parent_id = parent_id
        node.version += 1
        node.save(update_fields=["parent", "version"])
        place_under(came_from)
    siblings.insert(at, node)
    place(siblings)
    journal.record("typification_moved", node, by=by, details={"from": came_from, "to": parent_id, "position": at})
    return node


@transaction.atomic
def save_node(
    node_id: int, *, by: User, version: str | None, name: str, behaviour: Mapping[str, Any], parent_id: int | None
) -> Typification:
    """Change what a node is called, what it does and under which heading it stands: everything or nothing.

    Raises what `change_node` and `move_node` do.
    """
    node = change_node(node_id, by=by, version=version, name=name, behaviour=behaviour)
    return node if node.parent_id == parent_id else move_node(node_id, by=by, parent_id=parent_id)


@transaction.atomic
def shift_node(node_id: int, *, by: User, steps: int) -> Typification:
    """Move a node up (-1) or down (1) among its shown neighbours; at the end of them nothing happens. Raises NotFound."""
    hold_tree()
    node = held(node_id)
    neighbours = [
        each for each in Typification.objects.siblings_under(node.parent_id) if each.archived == node.archived
    ]
    ids = [each.pk for each in neighbours]
    at = ids.index(node.pk)
    to = max(0, min(len(ids) - 1, at + steps))
    if to == at:
        return node
    before = ids[to] if to < at else (ids[to + 1] if to + 1 < len(ids) else None)
    return move_node(node_id, by=by, parent_id=node.parent_id, before_id=before)


@transaction.atomic
def archive_node(node_id: int, *, by: User) -> int:
    """Take a node and all below it out of what may be chosen; return how many left. What was closed with them keeps them.

    Raises:
        NotFound. ProtectedNode: the product needs it.
    """
    hold_tree()
    node = held(node_id)
    refuse_if_protected(node)
    leaving = [each for each in subtree_of(node) if not each.archived]
    if node.archived or not leaving:
        return 0
    now = timezone.now()
    for each in leaving:
        each.archived, each.archived_at, each.version = True, now, each.version + 1
    Typification.objects.bulk_update(leaving, ["archived", "archived_at", "version"])
    journal.record("typification_archived", node, by=by, details={"nodes": [each.pk for each in leaving]})
    return len(leaving)


@transaction.atomic
def restore_node(node_id: int, *, by: User) -> int:
    """Bring back a node and what was archived together with it; return how many came.

    Raises:
        NotFound. NotInTree: what it stands under is archived.
    """
    hold_tree()
    node = held(node_id)
    if not node.archived:
        return 0
    above = path_to(node)[:-1]
    gone = next((each for each in above if each.archived), None)
    if gone is not None:
        raise NotInTree(_("«%(name)s», above it, is archived. Restore that one first.") % {"name": gone.name})
    coming = [node, *(each for each in subtree_of(node)[1:] if each.archived and each.archived_at == node.archived_at)]
    for each in coming:
        each.archived, each.archived_at, each.version = False, None, each.version + 1
    Typification.objects.bulk_update(coming, ["archived", "archived_at", "version"])
    journal.record("typification_restored", node, by=by, details={"nodes": [each.pk for each in coming]})
    return len(coming)


@transaction.atomic
def delete_node(node_id: int, *, by: User) -> None:
    """Delete a node that nothing points at.

    Raises:
        NotFound. ProtectedNode. StillUsed: it was closed with, is offered somewhere, or has nodes below it.
    """
    hold_tree()
    node = held(node_id)
    refuse_if_protected(node)
    key = node.pk
    try:
        with transaction.atomic():
            node.delete()
    except ProtectedError as error:
        raise StillUsed(_("It is used and cannot be deleted, only archived."), uses=uses_of(error), node=key) from None
    node.pk = key
    place_under(node.parent_id)
    journal.record("typification_deleted", node, by=by, details={"parent": node.parent_id})


def uses_of(error: ProtectedError) -> dict[str, int]:
    """How many rows of which model hold it."""
    return dict(Counter(each._meta.label_lower for each in error.protected_objects))


def refuse_new_parent(node: Typification, parent: Typification | None) -> None:
    below = subtree_of(node)
    if parent is not None and parent.pk in {each.pk for each in below}:
        raise WouldBeRing(_("«%(name)s» cannot be moved below itself.") % {"name": node.name})
    refuse_unless_heading(parent, levels_below=levels_of(node, below))
    if node.archived:
        raise NotInTree(_("«%(name)s» is archived. Restore it first.") % {"name": node.name})
    for each in Typification.objects.siblings_under(parent.pk if parent else None):
        if each.name.casefold() == node.name.casefold():
            raise Invalid(fields={"parent": [_("There is already a «%(name)s» there.") % {"name": each.name}]})


def subtree_of(node: Typification) -> list[Typification]:
    """The node and all below it, each after its parent. The tree is held."""
    children: dict[int | None, list[Typification]] = {}
    for each in Typification.objects.all():
        children.setdefault(each.parent_id, []).append(each)
    found_nodes = [node]
    for each in found_nodes:
        found_nodes.extend(children.get(each.pk, []))
    return found_nodes


def levels_of(node: Typification, below: list[Typification]) -> int:
    """How many levels a node and its subtree take."""
    depth = {node.pk: 1}
    for each in below[1:]:
        assert each.parent_id is not None, "only the first has its parent outside"
        depth[each.pk] = depth[each.parent_id] + 1
    return max(depth.values())


def earlier_of(node: Typification) -> list[int]:
    return list(
        Typification.objects.siblings_under(node.parent_id)
        .filter(position__lt=node.position)
        .values_list("pk", flat=True)
    )
