"""What happens when. Read top to bottom: fact -> listeners. An event without a row here is a KeyError where it is published."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from celery import Task
from kombu.exceptions import OperationalError as BrokerAway

import accounts.topics
import campaigns.events as campaigns_events
import campaigns.tasks
import contacts.events as contacts_events
import contacts.tasks
import inbox.attention_tasks
import inbox.company
import inbox.news
import inbox.push_tasks
import inbox.reminders
import inbox.tasks
import inbox.topics
import inbox.viewing
import inbox.watches
import privacy.tasks
import processes.tasks
from accounts import events as accounts_events
from core.events import Event
from core.realtime.bus import Breaker, announce
from inbox import events as inbox_events
from privacy import events as privacy_events
from processes import events as processes_events

logger = logging.getLogger(__name__)

broker = Breaker()


def later(task: Task, field: str) -> Callable[[Any], None]:
    """A listener that hands a field of the event to a task, once for each id when it holds several.

    The broker may be away: the hint is dropped then, for a moment without even trying, and the sweeper finds the row.
    """

    def hint(event: Event) -> None:
        value = getattr(event, field)
        for each in value if isinstance(value, tuple) else (value,):
            delay(task, each)

    return hint


def later_together(task: Task, field: str) -> Callable[[Any], None]:
    """The same with all ids in one task: what comes in by hundreds would be hundreds of letters to the broker."""

    def hint(event: Event) -> None:
        delay(task, list(getattr(event, field)))

    return hint


def delay(task: Task, argument: object) -> None:
    if not broker.is_open():
        return
    try:
        task.delay(argument)
    except (BrokerAway, OSError) as error:
        broker.trip()
        logger.warning("broker away, left to the sweeper: %s", type(error).__name__)


def renew_agents(event: campaigns_events.CampaignAgentsChanged) -> None:
    announce(accounts.topics.ACCESS, event.user_ids)


def show_person_anew(event: campaigns_events.ExclusiveAgentChanged) -> None:
    delay(inbox.tasks.show_belongings_anew, [event.contact_id])


def tell_awoken(event: inbox_events.ConversationWoken) -> None:
    # Whoever woke it knows; of the others the one who let it rest is to be told.
    if event.by_id is None:
        for conversation_id in event.conversation_ids:
            delay(inbox.push_tasks.tell_assignee, conversation_id)


def tell_assignee(event: inbox_events.ConversationAssigned) -> None:
    # Whoever took it knows.
    if event.by_id != event.user_id:
        for conversation_id in event.conversation_ids:
            delay(inbox.push_tasks.tell_assignee, conversation_id)


SUBSCRIBERS: dict[type[Event], list[Callable[[Any], object]]] = {
    # accounts
    accounts_events.SessionEnded: [accounts.topics.kick_session],
    accounts_events.AccessRevoked: [accounts.topics.kick_user],
    accounts_events.MembershipChanged: [accounts.topics.renew_user],
    accounts_events.AuxStateSwitched: [accounts.topics.show_aux_state, later(inbox.tasks.distribute_to, "user_id")],
    accounts_events.AuxStateOverran: [accounts.topics.show_aux_state, accounts.topics.tell_of_overrun],
    accounts_events.AuxStateLeft: [accounts.topics.show_aux_state, later(inbox.tasks.redistribute, "user_id")],
    # contacts
    contacts_events.ContactBelongingsChanged: [
        later_together(inbox.tasks.show_belongings_anew, "contact_ids"),
        later_together(contacts.tasks.refresh_groups_of, "contact_ids"),
    ],
    contacts_events.ContactsChanged: [
        later(inbox.tasks.renew_contact_copies, "contact_ids"),
        later_together(contacts.tasks.refresh_groups_of, "contact_ids"),
    ],
    # The same of many at once: one letter to the broker for all of a chunk.
    contacts_events.ContactsImported: [later_together(contacts.tasks.refresh_groups_of, "contact_ids")],
    contacts_events.ContactsUpdated: [
        later_together(inbox.tasks.renew_copies_of, "contact_ids"),
        later_together(contacts.tasks.refresh_groups_of, "contact_ids"),
    ],
    contacts_events.GroupRuleChanged: [later(contacts.tasks.refresh_group, "group_id")],
    contacts_events.GroupMembersChanged: [later_together(inbox.tasks.show_belongings_anew, "contact_ids")],
    # Their names, and the groups whose rule they meet, follow ContactsChanged: told in the same breath.
    contacts_events.ContactsJoined: [later_together(inbox.tasks.show_belongings_anew, "contact_ids")],
    contacts_events.ContactsParted: [
        later(inbox.tasks.sort_out_parted, "contact_ids"),
        later_together(inbox.tasks.show_belongings_anew, "contact_ids"),
    ],
    # campaigns
    campaigns_events.CampaignAgentsChanged: [renew_agents, later(inbox.attention_tasks.return_strays, "campaign_id")],
    campaigns_events.ExclusiveAgentChanged: [
        later(inbox.attention_tasks.follow_exclusive, "contact_id"),
        # Its rows show nothing of it, but the open thread does.
        show_person_anew,
    ],
    campaigns_events.TemplatesWanted: [later(campaigns.tasks.sync_templates_of, "channel_account_id")],
    campaigns_events.ChannelAccountChanged: [later(inbox.tasks.resume_account, "channel_account_id")],
    # inbox
    inbox_events.MessagesReceived: [
        inbox.topics.show,
        inbox.news.tell_of_messages,
        later_together(inbox.push_tasks.tell_of_messages, "conversation_ids"),
    ],
    inbox_events.ConversationsQueued: [
        inbox.topics.show,
        inbox.news.tell_of_waiting,
        later_together(inbox.push_tasks.tell_of_waiting, "conversation_ids"),
        later_together(inbox.tasks.greet_all, "conversation_ids"),
        later_together(inbox.tasks.distribute_all, "conversation_ids"),
    ],
    # The conversation, not the message: one lease per conversation drains its outbox oldest first.
    inbox_events.MessageQueued: [inbox.topics.show, later(inbox.tasks.drain_outbox, "conversation_id")],
    inbox_events.NoteWritten: [inbox.topics.show],
    inbox_events.MessagesChanged: [inbox.topics.show],
    inbox_events.OptOutsHeard: [later(inbox.tasks.heed_opt_out, "opt_out_ids")],
    inbox_events.AttachmentsWanted: [later(inbox.tasks.fetch_attachment, "attachment_ids")],
    inbox_events.FilesGivenUp: [later(inbox.tasks.clear_file, "attachment_ids")],
    inbox_events.ConversationOffered: [inbox.topics.show, inbox.news.tell_of_offers],
    inbox_events.OfferEnded: [
        inbox.topics.show,
        inbox.news.tell_of_ended_offers,
        later_together(inbox.tasks.distribute_all, "conversation_ids"),
        # It rings once at a time at each: whoever answered may hear the next one.
        later(inbox.tasks.distribute_to, "user_id"),
    ],
    inbox_events.ConversationTransferred: [inbox.topics.show],
    inbox_events.ExclusiveAgentChosen: [inbox.topics.show],
    inbox_events.ConversationSnoozed: [inbox.topics.show],
    inbox_events.ConversationWoken: [inbox.topics.show, inbox.news.tell_of_woken, tell_awoken],
    inbox_events.MessageScheduled: [inbox.topics.show],
    inbox_events.ConversationsLeftWaiting: [inbox.topics.show, inbox.news.tell_of_left_waiting],
    inbox_events.ConversationAssigned: [inbox.topics.show, inbox.news.tell_of_assigned, tell_assignee],
    inbox_events.ConversationReleased: [inbox.topics.show],
    inbox_events.ConversationRead: [inbox.topics.show],
    inbox_events.ConversationMoved: [inbox.topics.show],
    inbox_events.ConversationReopened: [inbox.topics.show],
    inbox_events.ConversationClosed: [inbox.topics.show],
    inbox_events.ConversationRetypified: [inbox.topics.show],
    inbox_events.ConversationAssociated: [inbox.topics.show],
    inbox_events.CallbackChanged: [inbox.reminders.tell_changed],
    inbox_events.CallbacksChanged: [inbox.reminders.tell_many_changed],
    inbox_events.CallbacksHandedOver: [inbox.reminders.tell_handed_over],
    inbox_events.CallbackDue: [inbox.reminders.tell_due],
    inbox_events.ContactCopiesRenewed: [inbox.topics.show],
    # privacy
    privacy_events.ExportWanted: [later(privacy.tasks.export, "export_id")],
    privacy_events.ErasureWanted: [later(privacy.tasks.erase, "erasure_id")],
    privacy_events.RetentionWanted: [later(privacy.tasks.run_retention, "run_id")],
    # processes: pages ask how far a run has come
    processes_events.RunAsked: [later(processes.tasks.preview, "run_id")],
    processes_events.RunWaiting: [later(processes.tasks.advance, "run_id")],
    processes_events.RunEnded: [],
    # No screen lists calls by itself: a contact's history is read when it is opened.
    inbox_events.CallRegistered: [],
    inbox_events.CallEnded: [],
}

# Also the order of a resync: who may still look is settled before anything is shown.
TOPICS = {
    accounts.topics.SESSIONS: accounts.topics.SessionTopic(),
    accounts.topics.ACCESS: accounts.topics.AccessTopic(renew=inbox.topics.renew_audience),
    inbox.watches.INBOX: inbox.topics.InboxTopic(),
    inbox.watches.CONVERSATION: inbox.topics.ConversationTopic(),
    inbox.viewing.COMPANY: inbox.company.CompanyTopic(),
    accounts.topics.PEOPLE: accounts.topics.PeopleTopic(),
    accounts.topics.OVERRUNS: accounts.topics.OverrunTopic(),
    inbox.news.NEWS: inbox.news.NewsTopic(),
    inbox.reminders.REMINDERS: inbox.reminders.ReminderTopic(),
}
