"""Which members of a base may leave it together (003-20, 003-21), and why the others stay: one question for the dry run and for the run."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from accounts.models import User
from contacts.models import BaseMember, LotContact
from contacts.recycling import CHANGED, DO_NOT_CONTACT, IN_HANDS, LEFT

State = BaseMember.State
# The contact is in the base by another lot as well (DOMAIN.md decision 4).
IN_ANOTHER_LOT = "in_another_lot"


@dataclass(frozen=True, kw_only=True)
class DetachingFilter:
    """Lots OR together, outcomes too; where both are said both must hold. `from_every_lot`: also who another associated lot holds."""

    base_id: int
    lots: tuple[int, ...] = ()
    outcomes: tuple[int, ...] = ()
    from_every_lot: bool = False

    def condition(self) -> Q:
        condition = Q()
        if self.lots:
            condition &= Q(Exists(held_by(LotContact.objects.filter(lot__in=self.lots))))
        if self.outcomes:
            condition &= Q(last_typification__in=self.outcomes)
        return condition

    def stays(self) -> list[When]:
        stays = [
            When(state__in=[State.RESERVED, State.IN_PROGRESS], then=Value(IN_HANDS)),
            When(state=State.SUPPRESSED, then=Value(DO_NOT_CONTACT)),
        ]
        if self.lots and not self.from_every_lot:
            associated = BaseMember.objects.live().filter(base=self.base_id, lot__isnull=False).values("lot")
            others = LotContact.objects.filter(lot__in=associated).exclude(lot__in=self.lots)
            stays.append(When(Exists(held_by(others)), then=Value(IN_ANOTHER_LOT)))
        return stays

    def chosen(self, by: User) -> QuerySet[BaseMember]:
        """The live members that meet the filters and that `by` sees, each with `reason`: empty for those that leave."""
        seen: QuerySet[BaseMember] = (
            BaseMember.objects.visible_to(by).live().filter(self.condition(), base=self.base_id)
        )
        return seen.annotate(reason=Case(*self.stays(), default=Value(""), output_field=CharField()))

    def judged(self, member_ids: list[int]) -> QuerySet[BaseMember, tuple[int, str]]:
        """Members chosen before: the key of each and the reason of now."""
        left = When(state=State.DETACHED, then=Value(LEFT))
        meets = When(self.condition(), then=Value(""))
        members: QuerySet[BaseMember] = BaseMember.objects.filter(pk__in=member_ids, base=self.base_id)
        reason = Case(left, *self.stays(), meets, default=Value(CHANGED), output_field=CharField())
        return members.annotate(target=F("pk"), reason=reason).values_list("target", "reason")


def held_by(lots: QuerySet[LotContact]) -> QuerySet[LotContact]:
    """Of these lots the one that brought a member's contact, or somebody who was joined into them."""
    return lots.annotate(person=Coalesce("contact__merged_into", "contact")).filter(person=OuterRef("contact"))
