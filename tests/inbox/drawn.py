"""Conversations and questions drawn at random, among a few people, teams and campaigns."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

from django.contrib.auth.models import Permission
from django.utils import timezone
from hypothesis import HealthCheck, settings, strategies

from accounts.actions import join_team
from accounts.models import User
from contacts.models import Contact, ContactGroup, ContactTag, GroupMember, Tag
from inbox.filters import ORDERS, WINDOWS, InboxFilter
from inbox.models import Conversation
from inbox.models.conversation import TRAYS, Status
from tests import factories
from tests.factories import Cast

NOON = datetime.datetime(2031, 3, 4, 12, 0, tzinfo=datetime.UTC)
# What is left of a window is asked of the clock: the ends stand around it, none so near that a slow test would see it pass.
WINDOW_ENDS = [timezone.now() + datetime.timedelta(days=n) for n in (-400, 400)]
WINDOW_ENDS += [timezone.now() + datetime.timedelta(minutes=n) for n in (-1, 60, 90)]
MOMENTS = [NOON + datetime.timedelta(minutes=n) for n in range(4)]
quick = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_threads = itertools.count()


class World:
    """A few people, teams and campaigns, and rows drawn at random among them."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        vera = factories.agent_of(cast, "vera")
        vera.user_permissions.add(Permission.objects.get(codename="view_team_conversations"))
        # Of two teams and supervisor of one; agent of both campaigns.
        both = factories.agent_of(cast, "rita")
        join_team(both, cast.other_team, is_supervisor=False, by=None)
        factories.add_agent(cast.other_campaign, both, by=None)
        nobody = factories.create_user("nadie", role="agent", password=None)
        people = [cast.ana, cast.luis, cast.eva, cast.admin, vera, both, nobody]
        # Read anew: permissions are kept on the instance.
        self.people = [User.objects.get(pk=each.pk) for each in people]
        self.teams = [None, cast.team, cast.other_team]
        self.campaigns = [None, cast.campaign, cast.other_campaign]
        other = type(cast.account).objects.create(kind="whatsapp", external_id="777", name="Otro")
        self.accounts = [cast.account, other]
        factories.conversation(cast)
        seed = Conversation.objects.get()
        self.point = seed.contact_point
        self.contacts, self.tags, self.groups = self.described(seed.contact)
        self.leaf = factories.leaf()
        self.clear()

    def described(self, plain: Contact) -> tuple[list[Contact], list[Tag], list[ContactGroup]]:
        """Somebody plain, somebody tagged, somebody in groups, somebody who became the last one, and kept a tag of their own."""
        tags = [Tag.objects.create(name=each, folded_name=each) for each in ("promo", "ex cliente", "archivada")]
        Tag.objects.filter(pk=tags[2].pk).update(archived_at=NOON)
        groups = [ContactGroup.objects.create(name=each, folded_name=each) for each in ("de todos", "de ventas")]
        groups[1].teams.add(self.cast.team)
        tagged, grouped = (Contact.objects.create(first_name=each) for each in ("Tag", "Group"))
        merged = Contact.objects.create(first_name="Merged", merged_into=grouped)
        for contact, tag in ((tagged, tags[0]), (tagged, tags[2]), (grouped, tags[1]), (merged, tags[0])):
            ContactTag.objects.create(contact=contact, tag=tag)
        for contact, group in ((tagged, groups[1]), (grouped, groups[0]), (grouped, groups[1])):
            GroupMember.objects.create(contact=contact, group=group)
        return [plain, tagged, grouped, merged], tags, groups

    def clear(self) -> None:
        Conversation.objects.all().delete()

    def fill(self, drawn: list[dict[str, Any]]) -> None:
        self.clear()
        Conversation.objects.bulk_create([self.conversation(each) for each in drawn])

    def conversation(self, drawn: dict[str, Any]) -> Conversation:
        status = drawn["status"]
        is_held = status in ("assigned", "in_progress")
        holder = (
            self.people[drawn["holder"]]
            if is_held or (status in ("closed", "snoozed", "outreach") and drawn["is_held"])
            else None
        )
        return Conversation(
            contact=self.contacts[drawn["contact"]],
            contact_point=self.point,
            # One contact may have any number of them here: only who sees and asks is tried.
            thread_key=str(next(_threads)),
            channel_account=self.accounts[drawn["account"]],
            campaign=self.campaigns[drawn["campaign"]],
            team=self.teams[drawn["team"]],
            status=status,
            assignee=holder,
            # Closing leaves nothing unread and nobody waiting.
            unread=0 if status == "closed" else drawn["unread"],
            waiting_since=None if status == "closed" else drawn["waiting_since"],
            last_activity_at=drawn["last_activity_at"],
            window_expires_at=drawn["window"],
            needs_first_reply=drawn["unreplied"],
            answered=drawn["answered"],
            contact_name=drawn["name"].title(),
            contact_name_folded=drawn["name"],
            closed_at=NOON if status == "closed" else None,
            typification=self.leaf if status == "closed" else None,
        )


drawn_rows = strategies.lists(
    strategies.fixed_dictionaries(
        {
            "status": strategies.sampled_from(Status.values),
            "holder": strategies.integers(0, 6),
            "is_held": strategies.booleans(),
            "team": strategies.integers(0, 2),
            "campaign": strategies.integers(0, 2),
            "account": strategies.integers(0, 1),
            "contact": strategies.integers(0, 3),
            "unread": strategies.integers(0, 2),
            # Few moments: equal timestamps are the rule here.
            "waiting_since": strategies.none() | strategies.sampled_from(MOMENTS),
            "last_activity_at": strategies.sampled_from(MOMENTS),
            # Never one, long over, over just now, about to close, open.
            "window": strategies.none() | strategies.sampled_from(WINDOW_ENDS),
            "unreplied": strategies.booleans(),
            "answered": strategies.booleans(),
            # Nobody's name, the same name twice, letters that come after all others in one order and before them in another.
            "name": strategies.sampled_from(["", "ana robles", "ana robles", "ana-robles", "ñandu", "zoe", "Ñ 中"]),
        }
    ),
    max_size=14,
)
rarely = strategies.sampled_from([False, False, True])
some = strategies.sets(strategies.integers(0, 2), max_size=2)
drawn_filters = strategies.fixed_dictionaries(
    {
        "tray": strategies.none() | strategies.sampled_from(list(TRAYS)),
        "assignee": strategies.sets(strategies.none() | strategies.integers(0, 6), max_size=3),
        "team": some,
        "campaign": some,
        "account": strategies.sets(strategies.integers(0, 1), max_size=1),
        "tag": strategies.just(set()) | strategies.sets(strategies.integers(0, 2), max_size=2),
        "group": strategies.just(set()) | strategies.sets(strategies.integers(0, 1), max_size=2),
        "unread": strategies.booleans(),
        "unanswered": strategies.booleans(),
        "answered": rarely,
        "unreplied": rarely,
        "window": strategies.just("") | strategies.just("") | strategies.sampled_from(WINDOWS),
        "since": strategies.none() | strategies.none() | strategies.sampled_from(MOMENTS),
        "until": strategies.none() | strategies.none() | strategies.sampled_from(MOMENTS),
        "order": strategies.sampled_from(list(ORDERS)),
    }
)
# Most questions ask for little: otherwise nearly every answer would be empty.
plain_filters = drawn_filters.map(
    lambda drawn: {
        **drawn,
        "assignee": set(),
        "team": set(),
        "campaign": set(),
        "account": set(),
        "tag": set(),
        "group": set(),
    }
)


def as_filter(world: World, drawn: dict[str, Any]) -> InboxFilter:
    def ids(things: list[Any], chosen: set[int]) -> tuple[int, ...]:
        return tuple(things[each].pk for each in sorted(chosen) if things[each] is not None)

    return InboxFilter(
        tray=drawn["tray"],
        assignee=tuple(None if each is None else world.people[each].pk for each in drawn["assignee"]),
        team=ids(world.teams, drawn["team"]),
        campaign=ids(world.campaigns, drawn["campaign"]),
        account=ids(world.accounts, drawn["account"]),
        tag=ids(world.tags, drawn["tag"]),
        group=ids(world.groups, drawn["group"]),
        unread=drawn["unread"],
        unanswered=drawn["unanswered"],
        answered=drawn["answered"],
        unreplied=drawn["unreplied"],
        window=drawn["window"],
        since=drawn["since"],
        until=drawn["until"],
        order=drawn["order"],
    )
