"""Copy the approved templates of the WhatsApp accounts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns.actions import save_templates
from campaigns.models import ChannelAccount
from connectors.kinds import ChannelKind
from connectors.whatsapp.errors import ProviderFailure
from connectors.whatsapp.templates import list_templates


class Command(BaseCommand):
    help = "Copies the message templates of every connected WhatsApp account, or of one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", type=int, help="the account's id in Ventanilla")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = ChannelAccount.objects.filter(kind=ChannelKind.WHATSAPP, state=ChannelAccount.State.ACTIVE)
        if options["account"] is not None:
            accounts = accounts.filter(pk=options["account"])
            if not accounts.exists():
                raise CommandError("There is no such connected WhatsApp account.")
        failed = []
        for account in accounts:
            token = (account.credentials or {}).get("token", "")
            try:
                listed = list_templates(settings.META_GRAPH_URL, token, account.portfolio_id)
            except ProviderFailure as failure:
                # The next account may be well; the class says enough, the provider's words stay out of the log.
                failed.append(f"{account.name}: {type(failure).__name__}")
                continue
            self.stdout.write(f"{account.name}: {save_templates(account, listed)} templates.")
        if failed:
            raise CommandError("Not synced: " + "; ".join(failed))
