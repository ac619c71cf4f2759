"""Make what every installation needs: roles, auxiliaries, a starter tree, documents and the key of notifications. Safe to repeat; run at every start."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.actions import pushing, seed_roles_and_aux_states
from contacts.actions import seed_document_types
from typification.actions import seed_tree


class Command(BaseCommand):
    help = "Makes the built-in roles, auxiliaries, the starter typification tree, the region's documents and the key that signs notifications. Repeating it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        seed_roles_and_aux_states()
        seed_tree()
        seed_document_types()
        # Made before anybody asks for it: reading an address changes nothing (S20).
        pushing.push_settings()
