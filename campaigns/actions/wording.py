"""What a campaign says by itself, and the words by which a customer asks not to be written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.actions.campaign_setup import held_campaign
from campaigns.models import Campaign
from campaigns.routing import plain
from core import journal
from core.refusals import Invalid
from core.text import without_nul
from core.versions import refuse_stale, version_of

LONGEST_MESSAGE = 1000
LONGEST_WORD = 40
MOST_WORDS = 30


@dataclass(frozen=True, kw_only=True)
class MessagesSheet:
    """The welcome of a new conversation, what a silent customer is asked, and the opt-out words (plain)."""

    welcome_message: str = ""
    inactivity_message: str = ""
    opt_out_words: tuple[str, ...] = ()

    @classmethod
    def of(cls, campaign: Campaign) -> MessagesSheet:
        return cls(
            welcome_message=campaign.welcome_message,
            inactivity_message=campaign.inactivity_message,
            opt_out_words=tuple(campaign.opt_out_words),
        )

    def as_values(self) -> dict[str, Any]:
        return {
            "welcome_message": self.welcome_message,
            "inactivity_message": self.inactivity_message,
            "opt_out_words": list(self.opt_out_words),
        }

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@transaction.atomic
def set_messages(campaign_id: int, *, sheet: MessagesSheet, by: User, version: str | None = None) -> Campaign:
    """Make these the campaign's own words. Opt-out words are kept as they are compared, plain (campaigns.routing), each once.

    Raises:
        NotFound, Stale; Invalid: a text or a word is too long, a word has no letter, or there are too many words.
    """
    campaign = held_campaign(campaign_id, by=by)
    before = MessagesSheet.of(campaign)
    refuse_stale(version, before.version)
    written = [word for each in sheet.opt_out_words if (word := without_nul(each).strip())]
    sheet = MessagesSheet(
        welcome_message=without_nul(sheet.welcome_message).strip(),
        inactivity_message=without_nul(sheet.inactivity_message).strip(),
        opt_out_words=tuple(dict.fromkeys(plain(each) for each in written)),
    )
    refuse_wrong(sheet)
    if before == sheet:
        return campaign
    campaign.welcome_message, campaign.opt_out_words = sheet.welcome_message, list(sheet.opt_out_words)
    campaign.inactivity_message = sheet.inactivity_message
    campaign.save(update_fields=["welcome_message", "inactivity_message", "opt_out_words"])
    details = journal.changes(before.as_values(), sheet.as_values())
    journal.record("campaign_messages_changed", campaign, by=by, details=details)
    return campaign


def refuse_wrong(sheet: MessagesSheet) -> None:
    fields: dict[str, list[str]] = {}
    for name in ("welcome_message", "inactivity_message"):
        if len(getattr(sheet, name)) > LONGEST_MESSAGE:
            fields[name] = [_("Write up to {most} characters.").format(most=LONGEST_MESSAGE)]
    if any(len(each) > LONGEST_WORD for each in sheet.opt_out_words):
        fields["opt_out_words"] = [_("Up to {most} characters each.").format(most=LONGEST_WORD)]
    elif "" in sheet.opt_out_words:
        # Nothing but signs would be every message of nothing but signs.
        fields["opt_out_words"] = [_("Each needs a letter or a digit.")]
    elif len(sheet.opt_out_words) > MOST_WORDS:
        fields["opt_out_words"] = [_("At most {most} of them.").format(most=MOST_WORDS)]
    if fields:
        raise Invalid(fields=fields)
