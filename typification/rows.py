"""The tree as its page draws it: flat, each node after its heading, so that a list can be shown, folded and dragged."""

from __future__ import annotations

from dataclasses import dataclass

from typification.models import Typification


@dataclass(frozen=True, kw_only=True)
class NodeRow:
    """A node with its place in the tree."""

    node: Typification
    level: int
    position: int
    siblings: int
    has_children: bool

    @property
    def is_system(self) -> bool:
        return self.node.system_code is not None


def tree_rows(*, with_archived: bool) -> list[NodeRow]:
    """Every node to show, depth first. What hangs below something hidden is hidden with it."""
    children: dict[int | None, list[Typification]] = {}
    nodes = Typification.objects.order_by("position", "pk")
    for node in nodes if with_archived else nodes.live():
        children.setdefault(node.parent_id, []).append(node)
    rows: list[NodeRow] = []

    def walk(parent_id: int | None, level: int) -> None:
        siblings = children.get(parent_id, [])
        for position, node in enumerate(siblings, start=1):
            rows.append(
                NodeRow(
                    node=node,
                    level=level,
                    position=position,
                    siblings=len(siblings),
                    has_children=bool(children.get(node.pk)),
                )
            )
            walk(node.pk, level + 1)

    walk(None, 1)
    return rows


def path_names(node: Typification) -> list[str]:
    """The names of the headings above a node, from the top."""
    names: list[str] = []
    at = node.parent
    while at is not None:
        names.insert(0, at.name)
        at = at.parent
    return names


def possible_parents(node: Typification | None) -> list[tuple[int, str]]:
    """Under what a node may stand, indented by level: everything live that is not the system's, itself or below it."""
    found: list[tuple[int, str]] = []
    hidden: int | None = None
    for row in tree_rows(with_archived=False):
        if hidden is not None and row.level > hidden:
            continue
        hidden = None
        if row.is_system:
            continue
        if node is not None and row.node.pk == node.pk:
            hidden = row.level
            continue
        found.append((row.node.pk, "\u2003" * (row.level - 1) + row.node.name))
    return found
