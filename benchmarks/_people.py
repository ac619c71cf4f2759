"""Who works in the measured contact centre: made once, copied with the database, so that ids agree at every size."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from accounts.actions import create_api_token, create_user, seed_roles_and_aux_states
from accounts.models import Team, TeamMember, User
from benchmarks._dataset import ACCOUNTS, AGENTS, CAMPAIGNS, TEAMS, House
from campaigns.models import Campaign, CampaignAgent, ChannelAccount, Client, Project
from typification.actions import seed_tree
from typification.models import Typification

# Neither the biggest nor the smallest: teams are made in the order of their campaigns' sizes.
AGENTS_TEAM = 12
SUPERVISED_TEAMS = (2, 10, 18, 26, 34)


@dataclass(frozen=True)
class People:
    """The three who ask, with tokens for REST."""

    agent: User
    supervisor: User
    admin: User
    tokens: dict[int, str]
    house: House

    @property
    def campaign_id(self) -> int:
        """One of the campaigns of the supervisor's first team."""
        return self.house.first_campaign + SUPERVISED_TEAMS[0]

    def each(self) -> tuple[tuple[str, User], ...]:
        return ("agent", self.agent), (f"supervisor of {len(SUPERVISED_TEAMS)}", self.supervisor), ("admin", self.admin)


def make_people() -> People:
    seed_roles_and_aux_states()
    seed_tree()
    teams = Team.objects.bulk_create([Team(name=f"Equipo {number:02d}") for number in range(TEAMS)])
    project = Project.objects.create(client=Client.objects.create(name="Cliente"), name="Proyecto")
    campaigns = Campaign.objects.bulk_create(
        [
            Campaign(name=f"Campaña {number:02d}", project=project, team=teams[number % TEAMS])
            for number in range(CAMPAIGNS)
        ]
    )
    ChannelAccount.objects.bulk_create(
        [
            # The loading statements count accounts from one.
            ChannelAccount(id=number + 1, kind="whatsapp", external_id=str(number), name=f"WhatsApp {number}")
            for number in range(ACCOUNTS)
        ]
    )
    agent = create_user(
        "ana", role="agent", password=None, teams=[teams[AGENTS_TEAM]], first_name="Ana", last_name="Gómez"
    )
    now = timezone.now()
    others = User.objects.bulk_create(
        [
            User(
                username=f"agente{number}",
                password="!",
                first_name=f"Agente {number}",
                last_name="Sosa",
                date_joined=now,
            )
            for number in range(1, AGENTS)
        ]
    )
    per_team = AGENTS // TEAMS
    agents = [*others[: AGENTS_TEAM * per_team], agent, *others[AGENTS_TEAM * per_team :]]
    TeamMember.objects.bulk_create(
        [
            TeamMember(team=teams[number // per_team], user=other)
            for number, other in enumerate(agents)
            if other != agent
        ]
    )
    CampaignAgent.objects.bulk_create(
        [
            CampaignAgent(campaign=campaigns[(number // per_team + step) % CAMPAIGNS], user=each)
            for number, each in enumerate(agents)
            for step in (0, TEAMS // 2, TEAMS)
        ]
    )
    supervisor = create_user("luis", role="supervisor", password=None, teams=[teams[each] for each in SUPERVISED_TEAMS])
    admin = create_user("admin", role="admin", password=None)
    people = (agent, supervisor, admin)
    outcomes = Typification.objects.live().filter(children__isnull=True).order_by("id").values_list("id", flat=True)
    return People(
        agent=agent,
        supervisor=supervisor,
        admin=admin,
        tokens={user.pk: create_api_token(user, name="bench", by=None) for user in people},
        house=House(
            agents=[each.pk for each in agents],
            outcomes=list(outcomes),
            first_team=teams[0].pk,
            first_campaign=campaigns[0].pk,
            chat_agent=agent.pk,
        ),
    )
