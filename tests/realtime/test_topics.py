"""What is pushed is what a fresh look would show, for everybody and after everything (R28)."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from campaigns.models import Campaign, CampaignBase
from config.wiring import SUBSCRIBERS
from connectors.kinds import MessageKind, MessageStatus
from contacts.models import Contact
from core.events import Event
from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.associating import associate_conversation
from inbox.actions.changing import apply_changes
from inbox.actions.closing import close_conversation
from inbox.actions.copies import renew_contact_copies
from inbox.actions.distribution import assign_waiting
from inbox.actions.exclusive import choose_exclusive, clear_exclusive
from inbox.actions.inactivity import alert_one
from inbox.actions.moving import begin_conversation, reopen_conversation
from inbox.actions.offers import decline_offer
from inbox.actions.reading import mark_read
from inbox.actions.receiving import receive_messages
from inbox.actions.renumbering import follow_customers
from inbox.actions.retypifying import retypify_conversation
from inbox.actions.scheduling import schedule_message
from inbox.actions.sending import discard_message, send_message, write_note
from inbox.actions.snoozing import snooze_conversation, wake_conversation
from inbox.actions.statuses import apply_statuses
from inbox.actions.transferring import transfer_to_agent
from inbox.events import ConversationsTouched
from inbox.models import Conversation, Message, Offer
from tests import factories
from tests.contacts.members import base_of
from tests.figures import control, figure
from tests.inbox.test_assignment import put_into
from tests.realtime.panel import agree, panel_of
from tests.stack import Stack, frame_like, wait_until

# --- Old snapshot + pushes == fresh snapshot ------------------------------------------------------------------------------------------


class Shift:
    """One conversation and what happens to it, done in this process; the server only hears that something changed."""

    def __init__(self, cast: factories.Cast) -> None:
        self.cast = cast
        self.sender = factories.identity()
        Campaign.objects.filter(pk=cast.campaign.pk).update(reopen_within_h=24)
        self.pk = factories.conversation(cast, sender=self.sender).pk

    def hear(self, text: str = "Hola", **changes: Any) -> None:
        receive_messages(self.cast.account, [factories.inbound(text, sender=self.sender, **changes)])

    def hear_somebody_new(self) -> None:
        factories.conversation(self.cast, "Soy nueva")

    def take(self, by: str = "ana") -> None:
        take_conversation(self.pk, by=getattr(self.cast, by))

    def answer(self) -> Message:
        return send_message(self.pk, by=self.cast.ana, client_id=factories.client_id(), text="Te escucho")[0]

    def read_by_the_customer(self) -> None:
        apply_statuses(self.cast.account, [factories.status_update(self.newest_reply(), MessageStatus.READ)])

    def fail_and_discard(self) -> None:
        message = self.newest_reply()
        Message.objects.filter(pk=message.pk).update(status="sent")
        apply_statuses(
            self.cast.account, [factories.status_update(fresh(message), MessageStatus.FAILED, error_code=131026)]
        )
        discard_message(self.pk, message.pk, by=self.cast.ana)

    def newest_reply(self) -> Message:
        message = Message.objects.filter(conversation=self.pk, direction="out", is_note=False).latest("id")
        settled(message)
        return fresh(message)

    def react(self, emoji: str = "👍") -> None:
        """To what Ana answered, and to what the customer wrote themselves."""
        for target in (self.newest_reply(), self.newest_word()):
            self.change(MessageKind.REACTION, emoji, target)

    def edit(self) -> None:
        self.change(MessageKind.EDIT, "Mejor dicho: buenas", self.newest_word())

    def revoke(self) -> None:
        """What was quoted, so that the reply shows it too."""
        word = self.newest_word()
        self.hear("Eso que dije", reply_to_provider_id=word.provider_id)
        self.change(MessageKind.REVOKE, "", word)

    def reply_before_its_original(self) -> None:
        at = timezone.now()
        self.hear("Respondo", reply_to_provider_id="wamid.late", at=at)
        self.hear("Lo de antes", provider_id="wamid.late", at=at - timezone.timedelta(minutes=1))

    def change_number(self) -> None:
        to = factories.identity("595981777888")
        news = factories.inbound("", sender=self.sender, kind=MessageKind.SYSTEM, changed_to=to)
        follow_customers(self.cast.account, [news])

    def change(self, kind: MessageKind, text: str, target: Message) -> None:
        changed = factories.inbound(text, sender=self.sender, kind=kind, target_provider_id=target.provider_id)
        apply_changes(self.cast.account, [changed])

    def newest_word(self) -> Message:
        return Message.objects.filter(conversation=self.pk, direction="in").latest("id")

    def note(self) -> None:
        write_note(self.pk, by=self.cast.luis, client_id=factories.client_id(), text="Ojo con la dirección")

    def read(self) -> None:
        newest = Message.objects.filter(conversation=self.pk, direction="in").latest("id")
        assert mark_read(self.pk, by=self.cast.ana, up_to=newest.pk)

    def rename(self) -> None:
        contact = Conversation.objects.get(pk=self.pk).contact
        Contact.objects.filter(pk=contact.pk).update(first_name="Rosa", is_vip=True)
        renew_contact_copies(contact.pk)

    def release(self) -> None:
        release_conversation(self.pk, by=self.cast.ana)

    def ring_at_ana(self) -> None:
        """In one transaction: the stack's own distribution finds a campaign that gives nothing out, before and after."""
        # Her tab tells the stack's Redis that she is here, which is not this process's.
        factories.be_here(self.cast.ana)
        campaigns = Campaign.objects.filter(pk=self.cast.campaign.pk)
        with transaction.atomic():
            campaigns.update(distribution=Campaign.Distribution.RING, ring_timeout_s=600)
            assert assign_waiting(self.pk) == self.cast.ana
            campaigns.update(distribution=Campaign.Distribution.MANUAL)

    def decline(self) -> None:
        decline_offer(Offer.objects.get(conversation=self.pk).pk, by=self.cast.ana)

    def hand_to_beto(self) -> None:
        beto = factories.agent_of(self.cast, "beto")
        put_into(beto, "social_new_and_active")
        transfer_to_agent(self.pk, by=self.cast.luis, user_id=beto.pk, note="Pide hablar contigo")

    def keep_for_ana(self) -> None:
        choose_exclusive(self.pk, by=self.cast.luis, user_id=self.cast.ana.pk)

    def let_everybody_attend(self) -> None:
        clear_exclusive(self.pk, by=self.cast.luis)

    def let_wait_too_long(self) -> None:
        """As the clock tells it, once their client's patience is over."""
        since = Conversation.objects.get(pk=self.pk).waiting_since
        assert since is not None
        assert alert_one(self.pk, since)

    def snooze(self) -> None:
        snooze_conversation(self.pk, by=self.cast.ana, until=timezone.now() + timezone.timedelta(hours=2))

    def wake(self) -> None:
        wake_conversation(self.pk, by=self.cast.ana)

    def write_for_later(self) -> None:
        due_at = timezone.now() + timezone.timedelta(hours=2)
        schedule_message(
            self.pk, by=self.cast.ana, text="¿Pudiste verlo?", due_at=due_at, client_id=factories.client_id()
        )

    def begin(self) -> None:
        begin_conversation(self.pk, by=self.cast.luis)

    def reopen(self) -> None:
        reopen_conversation(self.pk, by=self.cast.luis)

    def associate(self) -> None:
        base = base_of(self.cast, 1)
        CampaignBase.objects.create(campaign=self.cast.campaign, base=base)
        associate_conversation(self.pk, by=self.cast.luis, base_id=base.pk)

    def close(self) -> None:
        close_conversation(self.pk, by=self.cast.luis, typification_id=factories.leaf().pk, note="Listo")

    def retypify(self) -> None:
        retypify_conversation(
            self.pk, by=self.cast.luis, typification_id=factories.leaf("Venta concretada").pk, note="Sí"
        )


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def settled(message: Message) -> None:
    """The worker has handed it over: what the test does next is not mixed with that."""
    wait_until(lambda: not hasattr(fresh(message), "outbox_entry") and fresh(message).provider_id, what="the sending")


# What makes each event happen, in the order of a shift. An event without a line here fails the test.
STORY: list[tuple[str, Callable[[Shift], object]]] = [
    ("MessagesReceived", Shift.hear),
    ("ConversationsQueued", Shift.hear_somebody_new),
    ("ConversationAssigned", Shift.take),
    ("ConversationRead", Shift.read),
    ("MessageQueued", Shift.answer),
    ("MessagesChanged", Shift.read_by_the_customer),
    ("MessagesChanged", Shift.react),
    ("MessagesChanged", lambda shift: shift.react("")),
    ("MessagesChanged", Shift.edit),
    ("MessagesChanged", Shift.revoke),
    ("MessagesChanged", Shift.reply_before_its_original),
    ("MessagesChanged", Shift.change_number),
    ("NoteWritten", Shift.note),
    ("MessagesReceived", lambda shift: shift.hear("Tarde", at=timezone.now() - timezone.timedelta(hours=3))),
    ("MessagesChanged", Shift.fail_and_discard),
    ("ContactCopiesRenewed", Shift.rename),
    ("ExclusiveAgentChosen", Shift.keep_for_ana),
    ("ExclusiveAgentChosen", Shift.let_everybody_attend),
    ("MessagesReceived", lambda shift: shift.hear("¿Hay alguien?")),
    ("ConversationsLeftWaiting", Shift.let_wait_too_long),
    ("ConversationSnoozed", Shift.snooze),
    ("ConversationWoken", Shift.wake),
    ("MessageScheduled", Shift.write_for_later),
    ("ConversationReleased", Shift.release),
    ("ConversationOffered", Shift.ring_at_ana),
    ("OfferEnded", Shift.decline),
    # The supervisor takes it: Ana must let go of what she has open.
    ("ConversationAssigned", lambda shift: shift.take("luis")),
    ("ConversationMoved", Shift.begin),
    ("ConversationTransferred", Shift.hand_to_beto),
    ("ConversationAssociated", Shift.associate),
    ("ConversationClosed", Shift.close),
    ("ConversationRetypified", Shift.retypify),
    ("ConversationReopened", Shift.reopen),
]  # fmt: skip


def kinds_of(event: type[Event]) -> Iterator[type[Event]]:
    for each in event.__subclasses__():
        yield each
        yield from kinds_of(each)


@pytest.mark.shows("R28")
def test_every_event_of_the_inbox_has_its_place_in_the_story() -> None:
    assert {each.__name__ for each in kinds_of(ConversationsTouched)} == {name for name, _action in STORY}
    assert set(kinds_of(ConversationsTouched)) <= set(SUBSCRIBERS)


@pytest.mark.shows("R28", "P0-11")
@pytest.mark.faults
def test_old_snapshot_and_pushes_are_the_fresh_snapshot_after_every_event(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stack.cast is not None
    published: list[str] = []
    for kind in kinds_of(ConversationsTouched):
        listeners = [*SUBSCRIBERS[kind], lambda event: published.append(type(event).__name__)]
        monkeypatch.setitem(SUBSCRIBERS, kind, listeners)
    shift = Shift(stack.cast)
    took = []
    with ExitStack() as tabs:
        people = {name: stack.login(name) for name in ("ana", "luis", "admin")}
        panels = [
            panel_of(name, tabs.enter_context(stack.socket(client)), client, threads=[shift.pk])
            for name, client in people.items()
        ]
        for number, (name, act) in enumerate(STORY):
            published.clear()
            before = [panel.shown(panel.state) for panel in panels]
            act(shift)
            assert name in published, f"step {number} announced {published}"
            began = time.monotonic()
            try:
                agree(panels)
            except AssertionError as error:
                raise AssertionError(f"after step {number}, {name}:\n{error}") from None
            took.append(time.monotonic() - began)
            # It is no story if nobody sees a difference.
            assert any(was != panel.shown(panel.state) for was, panel in zip(before, panels, strict=True)), (
                f"step {number}, {name}"
            )
        kinds = Counter(frame["type"] for panel in panels for frame in panel.frames)
    # Everything the contract has to say about work was said at least once.
    assert set(kinds) >= {"put", "drop", "counts", "messages", "detail", "let_go"}
    figure(
        "R28", f"the same as a fresh snapshot after each step, within {max(took):.2f} s; frames {dict(kinds)}",
        data=f"{len({name for name, _ in STORY})} kinds of event, 3 people, a thread and two or three lists each", samples=len(STORY),
    )  # fmt: skip


@pytest.mark.shows("R28")
@pytest.mark.faults
def test_a_panel_that_loses_one_push_is_found_out(stack: Stack) -> None:
    """The control of the test above: without one of the frames it fails."""
    assert stack.cast is not None
    shift = Shift(stack.cast)
    luis = stack.login("luis")
    with stack.socket(luis) as opened:
        panel = panel_of("luis", opened, luis, threads=[shift.pk])
        shift.note()
        frame_like(opened, type="messages")
        with pytest.raises(AssertionError, match="pushed") as caught:
            agree([panel], seconds=0.6)
    control("R28", f"without one of its frames: {str(caught.value).splitlines()[0][:120]}", data="one thread", samples=1)  # fmt: skip


# --- Whose eyes, whose words --------------------------------------------------------------------------------------------------------


@pytest.mark.shows("B-10", "S05")
def test_numbers_are_masked_for_who_may_not_see_them_in_the_very_same_burst(stack: Stack) -> None:
    assert stack.cast is not None
    cast = stack.cast
    blind = factories.agent_of(cast, "beto")
    blind.groups.clear()
    blind.user_permissions.add(Permission.objects.get(codename="view_team_conversations"))
    beto, luis = stack.login("beto"), stack.login("luis")
    with stack.socket(beto) as his, stack.socket(luis) as full:
        for opened in (his, full):
            frame_like(opened, type="hello")
            opened.send('{"type":"watch","watch":"list","topic":"inbox","filter":{}}')
            frame_like(opened, type="watching")
        # Without a name the number is the name.
        conversation = factories.conversation(cast, sender=factories.identity(name=""))
        masked, whole = (frame_like(opened, type="put")["row"] for opened in (his, full))
    assert whole["number"].replace(" ", "") == f"+{factories.ROCIO}" == whole["name"].replace(" ", "")
    assert masked["number"] == masked["name"]
    assert factories.ROCIO[-6:] not in masked["number"].replace(" ", "")
    assert sum(char.isdigit() for char in masked["number"]) <= 6
    address = f"/api/v1/conversations/{conversation.pk}/"
    texts = [
        beto.get(each).text
        for each in (
            address,
            "/api/v1/conversations/",
            "/api/v1/contacts/",
            f"/api/v1/contacts/{conversation.contact_id}/",
        )
    ]
    assert [text for text in texts if "651351" in text.replace(" ", "") or "651 351" in text] == []
    assert beto.get("/api/v1/conversations/").json()["results"][0] == masked
    assert "651 351" in luis.get(address).text


@pytest.mark.shows("004-33", "P0-11")
def test_each_socket_speaks_its_readers_language(stack: Stack) -> None:
    assert stack.cast is not None
    cast = stack.cast
    User.objects.filter(username="luis").update(language="en")
    User.objects.filter(username="admin").update(language="pt-br")
    conversation = factories.taken_conversation(cast)
    message, _ = send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Hola")
    settled(message)
    said: dict[str, str] = {}
    with ExitStack() as tabs:
        people = {name: stack.login(name) for name in ("ana", "luis", "admin")}
        opened = {name: tabs.enter_context(stack.socket(client)) for name, client in people.items()}
        for each in opened.values():
            frame_like(each, type="hello")
            each.send(
                json.dumps(
                    {"type": "watch", "watch": "thread", "topic": "conversation", "conversation": conversation.pk}
                )
            )
            frame_like(each, type="watching")
        Message.objects.filter(pk=message.pk).update(status="sent")
        apply_statuses(cast.account, [factories.status_update(fresh(message), MessageStatus.FAILED, error_code=131026)])
        for name, each in opened.items():
            pushed = frame_like(each, type="messages")["messages"][-1]
            page = people[name].get(f"/api/v1/conversations/{conversation.pk}/messages/").json()
            assert pushed == next(found for found in page["results"] if found["id"] == message.pk)
            said[name] = pushed["failure"]["reason"]
    assert len(set(said.values())) == 3, said
