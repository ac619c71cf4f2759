"""Who may be given a promise to contact somebody: one condition, for what is counted and for what is done (003-11)."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from accounts.models import User
from campaigns.models import CampaignAgent
from contacts.models import Contact

# Who is not to be contacted is promised to nobody else (S64).
UNREACHABLE = (
    Q(contact__do_not_contact=True)
    | Q(contact__blocked=True)
    | Q(contact__merged_into__do_not_contact=True)
    | Q(contact__merged_into__blocked=True)
)


def in_campaigns_of(user: User) -> Q:
    """Callbacks of the campaigns that a user works for."""
    return Q(campaign__in=CampaignAgent.objects.filter(user=user).values("campaign"))


def with_contacts_of(user: User) -> Q:
    """Callbacks about somebody whom a user may see, by the contact that stands for them."""
    if user.has_perm("accounts.see_all_teams"):
        return Q()
    standing = Coalesce(OuterRef("contact__merged_into"), OuterRef("contact"))
    return Q(Exists(Contact.objects.visible_to(user).filter(pk=standing)))
