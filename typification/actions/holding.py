"""One editor of the tree at a time: its shape is a matter of many rows."""

from __future__ import annotations

from collections.abc import Sequence

from core.locks import hold_names
from typification.models import Typification

TREE = "typification tree"


def hold_tree() -> None:
    """Hold the whole tree to the end of the transaction: moves that cross each other would make a ring."""
    hold_names([TREE])


def place(nodes: Sequence[Typification]) -> None:
    """Write the positions of one heading's nodes, in this order, without gaps. The tree is held."""
    moved = [(position, node) for position, node in enumerate(nodes) if node.position != position]
    for position, node in moved:
        node.position = position
    Typification.objects.bulk_update([node for _position, node in moved], ["position"])


def place_under(parent_id: int | None) -> None:
    """Close the gaps among one heading's nodes. The tree is held."""
    place(list(Typification.objects.siblings_under(parent_id)))
