"""Connect a WhatsApp number."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns.actions import ensure_campaign, save_whatsapp_account
from core.refusals import Refusal


class Command(BaseCommand):
    help = "Connects a WhatsApp number, or gives a connected one a new token. --campaign makes the campaign where it is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--phone-number-id", required=True)
        parser.add_argument("--waba-id", required=True)
        parser.add_argument(
            "--token", required=True, help="«-» reads it from standard input, which keeps it out of the shell's history"
        )
        parser.add_argument("--display-number", default="")
        parser.add_argument("--campaign", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        is_piped = options["token"] == "-"  # noqa: S105  # a dash is not a secret
        token = sys.stdin.readline().strip() if is_piped else options["token"]
        campaign = ensure_campaign(options["campaign"]) if options["campaign"] else None
        try:
            account = save_whatsapp_account(
                name=options["name"],
                phone_number_id=options["phone_number_id"],
                waba_id=options["waba_id"],
                token=token,
                campaign=campaign,
                display_number=options["display_number"],
            )
        except Refusal as refusal:
            raise CommandError(" ".join(text for texts in refusal.fields.values() for text in texts)) from None
        self.stdout.write(f"WhatsApp account «{account.name}» is connected.")
