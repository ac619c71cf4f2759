"""Copying the provider's approved templates."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from campaigns.models import ChannelAccount, MessageTemplate
from connectors.whatsapp.templates import ListedTemplate
from core import journal


@transaction.atomic
def save_templates(account: ChannelAccount, listed: Sequence[ListedTemplate], *, by: User | None = None) -> int:
    """Make the account's templates what the provider lists; return how many there are.

    One that is listed no more is kept as gone: messages were sent with it. Two at once: the account's row is held meanwhile.
    Written down only where something is another than before: this runs every hour.
    """
    ChannelAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    now = timezone.now()
    # One name and language twice would be the provider's mistake; the last word counts.
    wanted = {(each.name, each.language): each for each in listed}
    before = {(each.name, each.language): each for each in MessageTemplate.objects.filter(account=account)}
    changed = [key for key, each in wanted.items() if key not in before or said_by(before[key]) != said_by(each)]
    MessageTemplate.objects.bulk_create(
        [
            MessageTemplate(
                account=account,
                external_id=each.external_id,
                name=each.name,
                language=each.language,
                category=each.category,
                status=each.status,
                components=list(each.components),
                rejected_reason=each.rejected_reason,
                quality=each.quality,
                synced_at=now,
            )
            for _key, each in sorted(wanted.items())
        ],
        update_conflicts=True,
        unique_fields=["account", "name", "language"],
        update_fields=[
            "external_id",
            "category",
            "status",
            "components",
            "rejected_reason",
            "quality",
            "synced_at",
        ],
    )
    # By the provider's list, not by `synced_at`: a clock that stands still must not make them all gone.
    gone = [each.pk for key, each in before.items() if key not in wanted and each.status != MessageTemplate.Status.GONE]
    MessageTemplate.objects.filter(pk__in=gone).update(status=MessageTemplate.Status.GONE, synced_at=now)
    if changed or gone:
        details = {"listed": len(wanted), "changed": len(changed), "gone": len(gone)}
        journal.record("templates_synced", account, by=by, details=details)
    return len(wanted)


def said_by(template: MessageTemplate | ListedTemplate) -> tuple[object, ...]:
    """What the provider says of one beside its name."""
    return template.external_id, template.category, template.status, list(template.components), template.rejected_reason
