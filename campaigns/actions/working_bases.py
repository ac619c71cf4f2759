"""Which bases a campaign's agents may put contacts into and work on, and which one is proposed (000-16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.actions.campaign_setup import held_campaign
from campaigns.models import Campaign, CampaignBase
from contacts.models import ContactBase
from core import journal
from core.refusals import Invalid
from core.versions import refuse_stale, version_of


@dataclass(frozen=True, kw_only=True)
class BasesSheet:
    """A campaign's bases by id, and the one proposed."""

    bases: frozenset[int] = frozenset()
    default_base: int | None = None

    @classmethod
    def of(cls, campaign: Campaign) -> BasesSheet:
        rows = list(campaign.worked_bases.values_list("base_id", "is_default"))
        return cls(
            bases=frozenset(base_id for base_id, _default in rows),
            default_base=next((base_id for base_id, is_default in rows if is_default), None),
        )

    def as_values(self) -> dict[str, Any]:
        return {"bases": sorted(self.bases), "default_base": self.default_base}

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@transaction.atomic
def set_bases(campaign_id: int, *, sheet: BasesSheet, by: User, version: str | None = None) -> Campaign:
    """Make these the bases the campaign works. Those that `by` does not see stay as they are.

    Raises:
        NotFound, Stale; Invalid: one is not for `by` to see or is closed, or the one proposed is not among them.
    """
    campaign = held_campaign(campaign_id, by=by)
    before = BasesSheet.of(campaign)
    refuse_stale(version, before.version)
    seen = set(ContactBase.objects.visible_to(by).filter(pk__in=before.bases).values_list("pk", flat=True))
    unseen = before.bases - seen
    kept = before.default_base if before.default_base in unseen else None
    sheet = BasesSheet(bases=sheet.bases | unseen, default_base=sheet.default_base or kept)
    if before == sheet:
        return campaign
    joining = sheet.bases - before.bases
    offered = ContactBase.objects.visible_to(by).exclude(state=ContactBase.State.CLOSED)
    # Another team's base is as one that never was (S09).
    if offered.filter(pk__in=joining).count() != len(joining):
        raise Invalid(fields={"bases": [_("One of the bases is closed or does not exist any more.")]})
    if sheet.default_base is not None and sheet.default_base not in sheet.bases:
        raise Invalid(fields={"default_base": [_("The base that is proposed must be one of the campaign's.")]})
    campaign.worked_bases.exclude(base_id__in=sheet.bases).delete()
    # The mark first goes, then comes: one at every moment.
    campaign.worked_bases.filter(is_default=True).update(is_default=False)
    CampaignBase.objects.bulk_create(CampaignBase(campaign=campaign, base_id=each) for each in sorted(joining))
    if sheet.default_base is not None:
        campaign.worked_bases.filter(base_id=sheet.default_base).update(is_default=True)
    details = journal.changes(before.as_values(), sheet.as_values())
    journal.record("campaign_bases_changed", campaign, by=by, details=details)
    return campaign
