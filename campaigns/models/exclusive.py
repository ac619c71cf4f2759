"""Who attends a contact whatever comes in from them (004-27)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accounts.models import User
from campaigns.models.portfolio import Campaign
from contacts.models import Contact


class ExclusiveAgent(models.Model):
    """The one agent who has all of a contact's conversations in a campaign [Agente exclusivo].

    Read through `campaigns.exclusive`: contacts that were joined are one person, and who left the campaign has nobody any more.
    """

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+", db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    set_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["contact", "campaign"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["contact", "campaign"], name="one_exclusive_agent")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} of {self.contact_id} in {self.campaign_id}"
