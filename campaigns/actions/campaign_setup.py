"""Campaigns as people set them up: what they are, who works in them, with which outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from campaigns.events import CampaignAgentsChanged
from campaigns.models import Campaign, CampaignAgent, CampaignTypification, Project
from campaigns.models.portfolio import MIN_RETURN_S, MIN_RING_S, MOST_RETURN_S, MOST_RING_S
from campaigns.outcomes import SYSTEM, Purpose, live_tree
from connectors.kinds import ChannelKind
from core import journal
from core.events import publish
from core.refusals import Invalid, NotFound, Refusal
from core.versions import refuse_stale, version_of
from typification.models import Typification

MOST_HISTORY_HOURS = MOST_REOPENING_HOURS = 720
MOST_FALLBACK_MIN = 24 * 60
State = Campaign.State
# What follows what. A finished campaign is over: what comes in later must find another.
NEXT_STATES: dict[str, tuple[str, ...]] = {
    State.DRAFT: (State.ACTIVE,),
    State.ACTIVE: (State.PAUSED, State.FINISHED),
    State.PAUSED: (State.ACTIVE, State.FINISHED),
    State.FINISHED: (),
}


class NotReady(Refusal):
    """Something is missing before it may change its state."""

    code = "not_ready"


@dataclass(frozen=True, kw_only=True)
class CampaignSheet:
    """The general part of a campaign."""

    name: str
    project_id: int
    team_id: int
    kind: str = Campaign.Kind.INBOUND
    distribution: str = Campaign.Distribution.MANUAL
    ring_timeout_s: int = 30
    return_after_s: int | None = None
    exclusive_fallback_min: int | None = None
    blending: bool = False
    reopen_within_h: int = 0
    history_hours: int | None = None
    allow_external_resources: bool = True
    only_owner_replies: bool = True
    allow_close_unanswered: bool = False
    allow_transfer: bool = True

    @classmethod
    def of(cls, campaign: Campaign) -> CampaignSheet:
        return cls(**{name: getattr(campaign, name) for name in cls.__dataclass_fields__})

    def as_values(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What a campaign offers: per purpose the typifications, and the one chosen beforehand."""

    offered: Mapping[str, frozenset[int]] = field(default_factory=dict)
    defaults: Mapping[str, int | None] = field(default_factory=dict)

    @classmethod
    def of(cls, campaign: Campaign) -> Outcomes:
        rows = list(campaign.offered.values_list("purpose", "typification_id", "is_default"))
        purposes = CampaignTypification.Purpose.values
        return cls(
            offered={each: frozenset(pk for purpose, pk, _d in rows if purpose == each) for each in purposes},
            defaults={each: next((pk for purpose, pk, d in rows if purpose == each and d), None) for each in purposes},
        )

    def as_values(self) -> dict[str, Any]:
        return {
            purpose: {"offered": sorted(ids), "default": self.defaults.get(purpose)}
            for purpose, ids in sorted(self.offered.items())
        }

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@transaction.atomic
def create_campaign(sheet: CampaignSheet, *, by: User) -> Campaign:
    """Return a new campaign, a draft, that offers every live outcome people may choose. Raises Invalid."""
    refuse_wrong(sheet, before=None, by=by)
    campaign = Campaign(**sheet.as_values(), state=State.DRAFT)
    save_named(campaign)
    outcomes = Typification.objects.live().filter(system_code__isnull=True).values_list("pk", flat=True)
    offer = [CampaignTypification(campaign=campaign, typification_id=pk, purpose=Purpose.FINISH) for pk in outcomes]
    CampaignTypification.objects.bulk_create([*offer, *system_offers(campaign)])
    journal.record("campaign_created", campaign, by=by, details={"after": sheet.as_values()})
    return campaign


def system_offers(campaign: Campaign) -> list[CampaignTypification]:
    """What the product itself chooses for a new campaign: «Transferencia» for transfers, «Inactividad» for the silent ones."""
    nodes = dict(Typification.objects.filter(system_code__in=SYSTEM.values()).values_list("system_code", "pk"))
    return [
        CampaignTypification(campaign=campaign, typification_id=nodes[code], purpose=purpose, is_default=True)
        for purpose, code in SYSTEM.items()
        if code in nodes
    ]


@transaction.atomic
def edit_campaign(campaign_id: int, *, sheet: CampaignSheet, by: User, version: str | None = None) -> Campaign:
    """Write a campaign's general part. Raises NotFound, Stale, Invalid."""
    campaign = held_campaign(campaign_id, by=by)
    before = CampaignSheet.of(campaign)
    refuse_stale(version, before.version)
    if before == sheet:
        return campaign
    refuse_wrong(sheet, before=campaign, by=by)
    for name, value in sheet.as_values().items():
        setattr(campaign, name, value)
    save_named(campaign)
    journal.record("campaign_edited", campaign, by=by, details=journal.changes(before.as_values(), sheet.as_values()))
    return campaign


@transaction.atomic
def change_campaign_state(campaign_id: int, *, state: str, by: User) -> Campaign:
    """Let a campaign begin, rest, go on or end. The same state again changes nothing.

    Raises: NotFound; NotReady: it cannot follow, nobody works in it yet, or an account's new conversations still come to it.
    """
    campaign = held_campaign(campaign_id, by=by)
    if campaign.state == state:
        return campaign
    if state not in NEXT_STATES[campaign.state]:
        raise NotReady(_("A campaign in this state cannot go there."))
    if state == State.ACTIVE and not campaign.memberships.exists():
        raise NotReady(_("Add at least one agent first."))
    if state == State.FINISHED and campaign.default_for.exists():
        names = ", ".join(campaign.default_for.values_list("name", flat=True))
        raise NotReady(
            _("New conversations of {names} come here. Choose another campaign for them first.").format(names=names)
        )
    before = campaign.state
    campaign.state = state
    campaign.save(update_fields=["state"])
    journal.record(
        "campaign_state_changed", campaign, by=by, details={"before": {"state": before}, "after": {"state": state}}
    )
    return campaign


@transaction.atomic
def set_agents(
    campaign_id: int, *, agents: Mapping[int, tuple[str, ...]], by: User, version: str | None = None
) -> Campaign:
    """Make these the campaign's agents, each with the channels they handle (none: all). Who joins or leaves sees it at once.

    Raises: NotFound, Stale; Invalid: somebody is not for `by` to see, or a channel does not exist.
    """
    campaign = held_campaign(campaign_id, by=by)
    before = stored_agents(campaign)
    refuse_stale(version, agents_version(before))
    if any(kind not in set(ChannelKind) for kinds in agents.values() for kind in kinds):
        raise Invalid(fields={"agents": [_("Choose one of the channels.")]})
    changed = {each for each in before.keys() | agents.keys() if before.get(each) != agents.get(each)}
    joining = agents.keys() - before.keys()
    people = User.objects.visible_to(by).filter(pk__in=changed).values_list("pk", "is_active")
    seen = dict(people)
    if changed - seen.keys() or any(not seen[each] for each in joining):
        raise Invalid(fields={"agents": [_("You can only add and take away active people that you see.")]})
    if not changed:
        return campaign
    CampaignAgent.objects.filter(campaign=campaign, user_id__in=before.keys() - agents.keys()).delete()
    for user_id in changed & agents.keys():
        CampaignAgent.objects.update_or_create(
            campaign=campaign, user_id=user_id, defaults={"channels": list(agents[user_id])}
        )
    told = {str(each): {"before": before.get(each), "after": agents.get(each)} for each in sorted(changed)}
    journal.record("campaign_agents_changed", campaign, by=by, details={"agents": told})
    publish(CampaignAgentsChanged(campaign_id=campaign.pk, user_ids=tuple(sorted(changed))))
    return campaign


@transaction.atomic
def set_outcomes(campaign_id: int, *, outcomes: Outcomes, by: User, version: str | None = None) -> Campaign:
    """Make these the outcomes the campaign offers.

    Raises: NotFound, Stale; Invalid: one does not exist or is archived, or a default is not offered.
    """
    campaign = held_campaign(campaign_id, by=by)
    before = Outcomes.of(campaign)
    refuse_stale(version, before.version)
    wanted = frozenset().union(*outcomes.offered.values())
    held = frozenset().union(*before.offered.values())
    if Typification.objects.live().filter(pk__in=wanted - held).count() != len(wanted - held):
        raise Invalid(_("One of the typifications is archived or does not exist any more."))
    outcomes = with_defaults(outcomes, before)
    if before.as_values() == outcomes.as_values():
        return campaign
    # Defaults first go, then come: one per purpose at every moment.
    campaign.offered.filter(is_default=True).update(is_default=False)
    for purpose, ids in outcomes.offered.items():
        campaign.offered.filter(purpose=purpose).exclude(typification_id__in=ids).delete()
        CampaignTypification.objects.bulk_create(
            [
                CampaignTypification(campaign=campaign, typification_id=pk, purpose=purpose)
                for pk in sorted(ids - before.offered.get(purpose, frozenset()))
            ],
            ignore_conflicts=True,
        )
        chosen = outcomes.defaults.get(purpose)
        if chosen is not None:
            campaign.offered.filter(purpose=purpose, typification_id=chosen).update(is_default=True)
    details = journal.changes(before.as_values(), outcomes.as_values())
    journal.record("campaign_outcomes_changed", campaign, by=by, details=details)
    return campaign


def with_defaults(outcomes: Outcomes, before: Outcomes) -> Outcomes:
    """The same, where what is chosen beforehand below an offered heading is offered by itself, too.

    Raises Invalid: it is not offered, others stand below it, or it asks for what nobody can write when it closes by itself.
    """
    tree, offered = live_tree(), dict(outcomes.offered)
    for purpose, chosen in outcomes.defaults.items():
        if chosen is None or (chosen == before.defaults.get(purpose) and chosen in offered.get(purpose, ())):
            continue
        node = tree.nodes.get(chosen)
        if node is None or not tree.path_ids(node) & offered.get(purpose, frozenset()):
            raise Invalid(_("What is chosen beforehand must be offered too."))
        if chosen in tree.children:
            raise Invalid(_("«{name}» has others below it: choose one of them beforehand.").format(name=node.name))
        if purpose == Purpose.INACTIVITY and (node.requires_note or node.requires_base):
            words = _("«{name}» asks for a note or a base, and a silent conversation closes by itself.")
            raise Invalid(words.format(name=node.name))
        offered[purpose] = offered[purpose] | {chosen}
    return Outcomes(offered=offered, defaults=outcomes.defaults)


def stored_agents(campaign: Campaign) -> dict[int, tuple[str, ...]]:
    return {user_id: tuple(kinds) for user_id, kinds in campaign.memberships.values_list("user_id", "channels")}


def agents_version(agents: Mapping[int, tuple[str, ...]]) -> str:
    return version_of({str(each): list(agents[each]) for each in sorted(agents)})


def held_campaign(campaign_id: int, *, by: User) -> Campaign:
    campaign: Campaign | None = (
        Campaign.objects.visible_to(by).select_for_update(of=("self",), no_key=True).filter(pk=campaign_id).first()
    )
    if campaign is None:
        raise NotFound(_("There is no such campaign."))
    return campaign


def refuse_wrong(sheet: CampaignSheet, *, before: Campaign | None, by: User) -> None:
    fields: dict[str, list[str]] = {}
    if Campaign.objects.filter(name__iexact=sheet.name).exclude(pk=before.pk if before else 0).exists():
        fields["name"] = [_("There is already a campaign «{name}».").format(name=sheet.name)]
    projects = Project.objects.live().filter(client__archived=False)
    if (before is None or sheet.project_id != before.project_id) and not projects.filter(pk=sheet.project_id).exists():
        fields["project"] = [_("Choose one of the projects.")]
    teams = Team.objects.visible_to(by).live()
    if (before is None or sheet.team_id != before.team_id) and not teams.filter(pk=sheet.team_id).exists():
        fields["team"] = [_("Choose one of the teams.")]
    for bounded, least, most in (
        ("history_hours", 1, MOST_HISTORY_HOURS),
        ("reopen_within_h", 0, MOST_REOPENING_HOURS),
        ("ring_timeout_s", MIN_RING_S, MOST_RING_S),
        ("return_after_s", MIN_RETURN_S, MOST_RETURN_S),
        ("exclusive_fallback_min", 1, MOST_FALLBACK_MIN),
    ):
        value = getattr(sheet, bounded)
        if value is not None and not least <= value <= most:
            fields[bounded] = [_("Write a number between {least} and {most}.").format(least=least, most=most)]
    if fields:
        raise Invalid(fields=fields)


def save_named(campaign: Campaign) -> None:
    try:
        with transaction.atomic():
            campaign.save()
    except IntegrityError:
        raise Invalid(
            fields={"name": [_("There is already a campaign «{name}».").format(name=campaign.name)]}
        ) from None
