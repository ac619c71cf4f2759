"""Heeding who asks to be left alone: heard while their message is stored, and done to their contact right after."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.routing import plain
from connectors.kinds import MessageKind
from contacts.actions import forbid_contact, record_consent
from contacts.errors import IsErased
from inbox.models import Message, OptOut


def opt_outs_in(messages: Iterable[Message], campaigns: dict[int, Campaign | None]) -> list[OptOut]:
    """Those of the messages that are an opt-out word of their conversation's campaign (`campaigns`, by conversation), and nothing else."""
    heard = []
    for message in messages:
        campaign = campaigns.get(message.conversation_id)
        if message.kind != MessageKind.TEXT or campaign is None or not campaign.opt_out_words:
            continue
        if plain(message.text) in campaign.opt_out_words:
            heard.append(OptOut(conversation_id=message.conversation_id, heard_at=message.happened_at))
    return heard


@transaction.atomic
def heed_opt_out(opt_out_id: int) -> bool:
    """Mark the contact as not to be contacted, and write down that they said so; whether it was still to be done.

    Apart from storing their message: a person is held by name before their row, and whoever receives holds the row already.
    """
    opt_out = (
        OptOut.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("conversation__contact__merged_into")
        .filter(pk=opt_out_id, heeded_at__isnull=True)
        .first()
    )
    if opt_out is None:
        return False
    contact, source = opt_out.conversation.contact.standing, _("They wrote an opt-out word")
    try:
        with transaction.atomic():
            forbid_contact(contact.pk, by=None, reason=source)
            record_consent(
                contact.pk,
                by=None,
                medium=opt_out.conversation.contact_point.kind,
                is_given=False,
                source=source,
            )
    except IsErased:
        # Nobody is left to be contacted.
        pass
    opt_out.heeded_at = timezone.now()
    opt_out.save(update_fields=["heeded_at"])
    return True


def unheeded(*, most: int) -> list[int]:
    """What is still to be done, for the sweeper."""
    return list(OptOut.objects.filter(heeded_at__isnull=True).order_by("pk").values_list("pk", flat=True)[:most])
