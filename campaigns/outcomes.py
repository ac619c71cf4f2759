"""Which outcomes a campaign offers, for what: the one place that reads its set of typifications (000-06, 004-18, 004-20)."""

from __future__ import annotations

from campaigns.models import CampaignTypification
from typification.models import Typification

Purpose = CampaignTypification.Purpose
AppliesTo = Typification.AppliesTo
# What stands for a purpose where the campaign chose nothing for it (DOMAIN.md; typification's system nodes).
SYSTEM = {Purpose.TRANSFER: "transfer", Purpose.INACTIVITY: "inactivity"}


def offered_outcomes(campaign_id: int | None, purpose: str, *, medium: str) -> list[Typification]:
    """The outcomes that may be chosen, in the order of the tree: of the campaign's set for the purpose, live, for this medium or for
    all, without anything below them. A heading in the set brings all below it, however deep.

    Without a campaign every outcome that people may choose is offered for finishing.
    """
    tree = live_tree()
    chosen = {pk for pk, _default in rows_of(campaign_id, purpose)}
    leaves = [each for each in tree.leaves() if each.applies_to in (AppliesTo.ALL, medium)]
    if campaign_id is None and purpose == Purpose.FINISH:
        return [each for each in leaves if each.system_code is None]
    offered = [each for each in leaves if tree.path_ids(each) & chosen]
    if offered or purpose not in SYSTEM:
        return offered
    return [each for each in leaves if each.system_code == SYSTEM[Purpose(purpose)]]


def default_outcome(campaign_id: int | None, purpose: str, *, medium: str) -> Typification | None:
    """The outcome chosen beforehand for a purpose; where the campaign marks none, the product's own for it, if it has one."""
    marked = {pk for pk, is_default in rows_of(campaign_id, purpose) if is_default}
    offered = offered_outcomes(campaign_id, purpose, medium=medium)
    for each in offered:
        if each.pk in marked:
            return each
    return next(
        (each for each in offered if each.system_code and each.system_code == SYSTEM.get(Purpose(purpose))), None
    )


def rows_of(campaign_id: int | None, purpose: str) -> list[tuple[int, bool]]:
    """What a campaign's set names for a purpose, and whether it is chosen beforehand."""
    if campaign_id is None:
        return []
    rows = CampaignTypification.objects.filter(campaign_id=campaign_id, purpose=purpose)
    return list(rows.values_list("typification_id", "is_default"))


class Tree:
    """The live nodes of the tree in one reading."""

    def __init__(self, nodes: list[Typification]) -> None:
        self.nodes = {each.pk: each for each in nodes}
        self.children: dict[int | None, list[Typification]] = {}
        for each in nodes:
            self.children.setdefault(each.parent_id, []).append(each)

    def leaves(self) -> list[Typification]:
        """Those one may choose, in the order of the tree. What hangs below something archived is in no tree."""
        found: list[Typification] = []

        def walk(parent_id: int | None) -> None:
            for node in self.children.get(parent_id, []):
                if node.pk in self.children:
                    walk(node.pk)
                else:
                    found.append(node)

        walk(None)
        return found

    def path_ids(self, node: Typification) -> set[int]:
        """The node and all that stand above it."""
        ids = {node.pk}
        while node.parent_id is not None and node.parent_id in self.nodes:
            node = self.nodes[node.parent_id]
            ids.add(node.pk)
        return ids


def live_tree() -> Tree:
    return Tree(list(Typification.objects.live().order_by("position", "pk")))
