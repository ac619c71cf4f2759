"""A program's way in, printed once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions import create_api_token
from accounts.models import User


class Command(BaseCommand):
    help = "Makes an API token for a user and prints it. It is stored hashed and never shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="api", help="what the token is for")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user «{options['username']}».")
        self.stdout.write(create_api_token(user, name=options["name"], by=None))
