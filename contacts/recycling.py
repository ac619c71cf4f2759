"""Which members of a base may begin anew (003-02 … 003-09), and why the others may not: one question for the dry run and for the run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from accounts.models import User
from contacts.member_filters import MemberFilter
from contacts.models import Attempt, BaseMember

State = BaseMember.State
# The largest that the column holds: nobody begins a cycle after it.
LAST_CYCLE = 32_767

# Why a member is left out.
IN_HANDS = "in_hands"
DO_NOT_CONTACT = "do_not_contact"
NOT_RECYCLABLE = "not_recyclable"
TOO_MANY_CYCLES = "too_many_cycles"
# Only of a selection that was made before: it does not meet the filters any more, or it was taken out of the base.
CHANGED = "changed"
LEFT = "left"

OUT_OF_REACH = (
    Q(state=State.SUPPRESSED)
    | Q(contact__do_not_contact=True)
    | Q(contact__blocked=True)
    # Whoever stands for them since they were joined; NULL says nothing.
    | Q(contact__merged_into__do_not_contact=True)
    | Q(contact__merged_into__blocked=True)
)
REFUSED = (
    When(state__in=[State.RESERVED, State.IN_PROGRESS], then=Value(IN_HANDS)),
    When(OUT_OF_REACH, then=Value(DO_NOT_CONTACT)),
    # DOMAIN.md decision 11.
    When(last_typification__recyclable=False, then=Value(NOT_RECYCLABLE)),
    When(cycle__gte=LAST_CYCLE, then=Value(TOO_MANY_CYCLES)),
)


@dataclass(frozen=True, kw_only=True)
class RecyclingFilter:
    """`members` are the filters that a base's list has too; `by_anyone` widens its users from the last one to all of this cycle
    (DOMAIN.md decision 3).
    """

    base_id: int
    members: MemberFilter
    by_anyone: bool = False

    def condition(self) -> Q:
        """What a member of the base meets. Days begin and end by the installation's clock (003-07), whoever asks and where it runs."""
        with timezone.override(timezone.get_default_timezone()):
            if not self.by_anyone or not self.members.users:
                return self.members.condition()
            others = replace(self.members, users=()).condition()
        theirs = Attempt.objects.filter(member=OuterRef("pk"), cycle=OuterRef("cycle"), user__in=self.members.users)
        return others & (Q(last_user__in=self.members.users) | Q(Exists(theirs)))

    def chosen(self, by: User) -> QuerySet[BaseMember]:
        """The members that meet the filters and that `by` sees, each with `reason`: empty for those that may begin anew."""
        seen: QuerySet[BaseMember] = BaseMember.objects.visible_to(by).filter(self.condition(), base_id=self.base_id)
        return seen.annotate(reason=Case(*REFUSED, default=Value(""), output_field=CharField()))

    def judged(self, member_ids: list[int]) -> QuerySet[BaseMember, tuple[int, str]]:
        """Members chosen before: the key of each and the reason of now."""
        left = When(state=State.DETACHED, then=Value(LEFT))
        meets = When(self.condition(), then=Value(""))
        members: QuerySet[BaseMember] = BaseMember.objects.filter(pk__in=member_ids, base_id=self.base_id)
        reason = Case(left, *REFUSED, meets, default=Value(CHANGED), output_field=CharField())
        return members.annotate(target=F("pk"), reason=reason).values_list("target", "reason")
