"""Why something was not done to the tree."""

from __future__ import annotations

from core.refusals import Refusal


class ProtectedNode(Refusal):
    """The product itself uses it by its code."""

    code = "protected_node"


class StillUsed(Refusal):
    """Rows point at it: it is archived, never deleted."""

    code = "still_used"


class ChangedMeanwhile(Refusal):
    """Another editor changed it since it was looked at."""

    code = "changed_meanwhile"


class WouldBeRing(Refusal):
    """A node cannot stand below itself."""

    code = "would_be_ring"


class TooDeep(Refusal):
    """More levels than people can choose through."""

    code = "too_deep"


class NotInTree(Refusal):
    """It is archived, or below something that is."""

    code = "not_in_tree"
