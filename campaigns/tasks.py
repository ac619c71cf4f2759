"""Keeping copies of what the provider holds."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings

from campaigns.actions import save_templates
from campaigns.models import ChannelAccount
from connectors.kinds import ChannelKind
from connectors.whatsapp.errors import ProviderFailure
from connectors.whatsapp.templates import list_templates
from core.secrets import CannotOpen

logger = logging.getLogger(__name__)


@shared_task
def sync_templates() -> int:
    """Copy the templates of every connected WhatsApp account; return how many were listed. One that fails is left for the next hour."""
    found = 0
    for account in ChannelAccount.objects.filter(kind=ChannelKind.WHATSAPP, state=ChannelAccount.State.ACTIVE):
        try:
            token = (account.credentials or {}).get("token", "")
            found += save_templates(account, list_templates(settings.META_GRAPH_URL, token, account.portfolio_id))
        except (ProviderFailure, CannotOpen) as failure:
            logger.warning("templates of account %s not synced: %s", account.pk, type(failure).__name__)
        except Exception as error:  # noqa: BLE001  # whatever the provider lists for one account, the others have their turn
            # The error's text may quote what was listed (S51).
            logger.error("templates of account %s could not be saved: %s", account.pk, type(error).__name__)
    return found
