"""Asking for an account's templates to be copied, and how it goes on: a row, so that the page tells it after any restart."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from campaigns.actions.keeping import CANNOT_OPEN, token_of
from campaigns.actions.templates import save_templates
from campaigns.errors import NotConnected
from campaigns.events import TemplatesWanted
from campaigns.models import ChannelAccount, TemplateSync
from connectors.whatsapp.errors import AnswerLost, NotSent, ProviderFailure, SendFailed, gettext_noop
from connectors.whatsapp.templates import list_templates
from core import journal
from core.events import publish
from core.leases import held as held_lease

logger = logging.getLogger(__name__)

LEASE_SECONDS = 300

AWAY = gettext_noop("Meta could not be reached. The templates copied before are still here; try again in a moment.")
SILENT = gettext_noop("Meta did not answer whole. The templates copied before are still here; try again in a moment.")
NO_ACCESS = gettext_noop("Meta does not let this account list its templates. Give it its token again.")
REFUSED = gettext_noop("Meta refused to list the templates with code %(code)s.")
UNREADABLE = gettext_noop("Meta listed something that could not be kept. Tell your administrator.")


@transaction.atomic
def ask_for_templates(account: ChannelAccount, *, by: User) -> TemplateSync:
    """Have the account's templates copied now. While that is under way another wish changes nothing."""
    TemplateSync.objects.get_or_create(account=account)
    sync = TemplateSync.objects.select_for_update().get(account=account)
    if sync.is_under_way:
        return sync
    sync.asked_at, sync.started_at, sync.finished_at, sync.found, sync.problem = timezone.now(), None, None, 0, None
    sync.save()
    journal.record("templates_asked_for", account, by=by)
    publish(TemplatesWanted(channel_account_id=account.pk))
    return sync


def copy_templates(account: ChannelAccount) -> int:
    """Copy an account's templates from the provider, telling page by page how far it is; return how many are listed.

    What goes wrong is written down for the page, and -1 returned. Two at once: the second does nothing.
    """
    with held_lease(f"templates:{account.pk}", seconds=LEASE_SECONDS) as lease:
        if lease is None:
            return 0
        TemplateSync.objects.get_or_create(account=account)
        ours = TemplateSync.objects.filter(account=account)
        now = timezone.now()
        ours.filter(asked_at__isnull=True).update(asked_at=now)
        ours.update(started_at=now, finished_at=None, found=0, problem=None)
        problem = None
        found = -1
        try:
            listed = list_templates(
                settings.META_GRAPH_URL,
                token_of(account),
                account.portfolio_id,
                on_page=lambda so_far: ours.update(found=so_far),
            )
            found = save_templates(account, listed)
        except (ProviderFailure, NotConnected) as failure:
            logger.warning("templates of account %s not synced: %s", account.pk, type(failure).__name__)
            problem = problem_of(failure)
        except Exception as error:  # noqa: BLE001  # whatever the provider lists for one account, the others have their turn
            # The error's text may quote what was listed (S51).
            logger.error("templates of account %s could not be saved: %s", account.pk, type(error).__name__)
            problem = {"reason": UNREADABLE, "values": {}}
        now = timezone.now()
        ours.update(finished_at=now, problem=problem, **({} if problem else {"synced_at": now, "found": found}))
        return found


def problem_of(failure: ProviderFailure | NotConnected) -> dict[str, Any]:
    values: dict[str, str] = {}
    if isinstance(failure, NotConnected):
        reason = CANNOT_OPEN
    elif isinstance(failure, NotSent):
        reason = AWAY
    elif isinstance(failure, SendFailed) and (failure.code in (0, 3, 10, 190) or 200 <= failure.code < 300):
        reason = NO_ACCESS
    elif isinstance(failure, SendFailed) and failure.permanent:
        reason, values = REFUSED, {"code": str(failure.code)}
    elif isinstance(failure, SendFailed | AnswerLost):
        reason = SILENT
    else:
        reason = AWAY
    return {"reason": reason, "values": values}
