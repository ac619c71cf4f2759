"""Make what every installation needs: roles, auxiliaries and a starter tree. Safe to repeat; run at every start."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.actions import seed_roles_and_aux_states
from typification.actions import seed_tree


class Command(BaseCommand):
    help = "Makes the built-in roles, auxiliaries and the starter typification tree. Repeating it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        seed_roles_and_aux_states()
        seed_tree()
