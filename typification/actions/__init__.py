"""The verbs of the tree of outcomes, by subject: its only writers."""

from typification.actions.arranging import archive_node, delete_node, move_node, restore_node, save_node, shift_node
from typification.actions.editing import BEHAVIOUR, MOST_LEVELS, add_node, change_node, rename_node
from typification.actions.seeding import STARTER, SYSTEM_NODES, seed_tree

__all__ = [
    "BEHAVIOUR",
    "MOST_LEVELS",
    "STARTER",
    "SYSTEM_NODES",
    "add_node",
    "archive_node",
    "change_node",
    "delete_node",
    "move_node",
    "rename_node",
    "restore_node",
    "save_node",
    "seed_tree",
    "shift_node",
]
