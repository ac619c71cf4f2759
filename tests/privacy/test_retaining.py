"""S63: what is older than its rule goes, in chunks, with its files; the dry run says how much; the law holds back, and is counted."""

from __future__ import annotations

import datetime

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from contacts.models import LegalHold
from core.journal import record
from core.models import JournalEntry, JournalValue
from core.refusals import Invalid, NotAllowed, NotFound
from inbox.models import Attachment, Conversation, Message
from privacy.actions.retaining import RuleSheet, ask_for_run, carry_out_run, count_rule, save_rule
from privacy.models import RetentionRule, RetentionRun
from privacy.tasks import retain, sweep_requests
from tests import factories
from tests.concurrency import together
from tests.factories import Cast, leaf
from tests.invariants import check_invariants
from webhooks.models import Delivery


def closed(cast: Cast, *, days: int, messages: int = 1, campaign: object = None) -> Conversation:
    conversation = factories.conversation(cast)
    first = Message.objects.get(conversation=conversation)
    for number in range(1, messages):
        Message.objects.create(
            conversation=conversation,
            channel_account=cast.account,
            change=conversation.change + number,
            happened_at=first.happened_at,
            direction="in",
            status="received",
            text=f"Mensaje {number}",
        )
    at = timezone.now() - datetime.timedelta(days=days)
    Conversation.objects.filter(pk=conversation.pk).update(
        status="closed", closed_at=at, typification=leaf(), close_mode="normal", unread=0, waiting_since=None,
        change=conversation.change + messages, campaign=campaign or conversation.campaign_id,
    )  # fmt: skip
    conversation.refresh_from_db()
    return conversation


def with_file(conversation: Conversation) -> Attachment:
    message = Message.objects.filter(conversation=conversation).latest("pk")
    attachment = Attachment(conversation=conversation, message=message, kind="image", mime="image/png", state="stored")
    attachment.path = default_storage.save(f"re/{attachment.pk.hex}", ContentFile(b"bytes"))
    attachment.thumbnail_path = default_storage.save(f"re/{attachment.pk.hex}.thumbnail", ContentFile(b"small"))
    attachment.save()
    return attachment


def rule(cast: Cast, kind: str = "messages", **sheet: object) -> RetentionRule:
    return save_rule(RuleSheet(kind=kind, days=30, **sheet), by=cast.admin)  # type: ignore[arg-type]  # the sheet's own names


@pytest.mark.shows("S63")
def test_what_the_dry_run_counts_is_what_the_run_removes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("privacy.actions.retaining.CHUNK", 4)
    old = [closed(cast, days=31, messages=3) for _several in range(3)]
    young, live = closed(cast, days=29, messages=2), factories.conversation(cast)
    held = closed(cast, days=90, messages=5)
    LegalHold.objects.create(contact=held.contact, reason="Juicio", by=cast.admin)
    file = with_file(old[0])
    keeping = rule(cast)
    dry = count_rule(keeping.pk, by=cast.admin)
    assert (dry.counted, dry.held, dry.removed) == (9, 5, 0)
    assert Message.objects.filter(conversation__in=old).count() == 9, "a dry run removes nothing"
    run = ask_for_run(keeping.pk, by=cast.admin)
    assert carry_out_run(run.pk) == 9
    run.refresh_from_db()
    assert (run.state, run.counted, run.removed, run.held) == ("done", 9, 9, 5)
    assert not Message.objects.filter(conversation__in=old).exists()
    assert Conversation.objects.filter(pk__in=[each.pk for each in old]).count() == 3, "that it took place stays"
    for path in (file.path, file.thumbnail_path):
        assert not default_storage.exists(path)
    assert not Attachment.objects.filter(pk=file.pk).exists()
    counts = [Message.objects.filter(conversation=each).count() for each in (young, live, held)]
    assert counts == [2, 1, 5]
    assert count_rule(keeping.pk, by=cast.admin).counted == 0
    check_invariants()


@pytest.mark.shows("S63")
def test_a_rule_of_one_campaign_leaves_the_others(cast: Cast) -> None:
    mine, others = closed(cast, days=31), closed(cast, days=31, campaign=cast.other_campaign.pk)
    run = ask_for_run(rule(cast, campaign=cast.campaign).pk, by=cast.admin)
    assert carry_out_run(run.pk) == 1
    assert not Message.objects.filter(conversation=mine).exists()
    assert Message.objects.filter(conversation=others).count() == 1


@pytest.mark.shows("S63")
def test_files_alone_go_and_their_messages_stay(cast: Cast) -> None:
    conversation = closed(cast, days=31)
    file = with_file(conversation)
    keeping = rule(cast, kind="files")
    assert count_rule(keeping.pk, by=cast.admin).counted == 1
    assert carry_out_run(ask_for_run(keeping.pk, by=cast.admin).pk) == 1
    assert Message.objects.filter(conversation=conversation).count() == 1
    for path in (file.path, file.thumbnail_path):
        assert not default_storage.exists(path)
    file.refresh_from_db()
    assert (file.path, file.thumbnail_path, file.state) == ("", "", "failed")


@pytest.mark.shows("S63")
@pytest.mark.parametrize("kind", ["deliveries", "journal_values"])
def test_raw_deliveries_and_personal_values_of_the_journal_age_too(cast: Cast, kind: str) -> None:
    month_ago = timezone.now() - datetime.timedelta(days=31)
    for received_at, processed_at in ((month_ago, month_ago), (month_ago, None), (timezone.now(), timezone.now())):
        Delivery.objects.create(body=b"{}", received_at=received_at, processed_at=processed_at)
    for _twice in range(2):
        record("contact_edited", cast.team, by=cast.ana, personal={"name": "Rocío"})
    JournalEntry.objects.filter(pk=JournalEntry.objects.filter(verb="contact_edited").earliest("pk").pk).update(
        at=month_ago
    )
    entries = JournalEntry.objects.filter(verb="contact_edited").count()
    keeping = rule(cast, kind=kind)
    assert count_rule(keeping.pk, by=cast.admin).counted == 1
    assert carry_out_run(ask_for_run(keeping.pk, by=cast.admin).pk) == 1
    assert Delivery.objects.count() == (2 if kind == "deliveries" else 3)
    values = JournalValue.objects.filter(entry__verb="contact_edited").count()
    assert values == (1 if kind == "journal_values" else 2)
    assert JournalEntry.objects.filter(verb="contact_edited").count() == entries


@pytest.mark.shows("S63")
def test_nothing_ages_until_somebody_switches_a_rule_on(cast: Cast) -> None:
    conversation = closed(cast, days=400)
    keeping = rule(cast)
    assert retain() == 0
    assert not RetentionRun.objects.exists()
    assert Message.objects.filter(conversation=conversation).exists()
    save_rule(RuleSheet(kind="messages", days=30, is_on=True), by=cast.admin, rule_id=keeping.pk)
    assert retain() == 1
    sweep_requests()
    assert not Message.objects.filter(conversation=conversation).exists()


@pytest.mark.shows("S63")
def test_a_run_that_was_stopped_goes_on_and_a_second_click_is_the_first(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privacy.actions.retaining.CHUNK", 1)
    for _several in range(3):
        closed(cast, days=31)
    keeping = rule(cast)
    run = ask_for_run(keeping.pk, by=cast.admin)
    assert ask_for_run(keeping.pk, by=cast.admin).pk == run.pk
    with monkeypatch.context() as lost:
        lost.setattr("core.leases.renew", lambda *_a, **_k: False)
        assert carry_out_run(run.pk) == 1
    assert carry_out_run(run.pk) == 2
    run.refresh_from_db()
    assert (run.removed, run.state) == (3, "done")


@pytest.mark.shows("S63", "S07")
def test_wrong_rules_and_whoever_may_not_are_refused(cast: Cast) -> None:
    for sheet in (
        RuleSheet(kind="everything", days=30),
        RuleSheet(kind="messages", days=0),
        RuleSheet(kind="deliveries", days=30, campaign=cast.campaign),
    ):
        with pytest.raises(Invalid):
            save_rule(sheet, by=cast.admin)
    with pytest.raises(NotAllowed):
        save_rule(RuleSheet(kind="messages", days=30), by=cast.luis)
    assert not RetentionRule.objects.exists()
    keeping = rule(cast)
    with pytest.raises(Invalid):
        save_rule(RuleSheet(kind="messages", days=60), by=cast.admin)
    for refused in (count_rule, ask_for_run):
        with pytest.raises(NotAllowed):
            refused(keeping.pk, by=cast.luis)
    assert not RetentionRun.objects.exists()


@pytest.mark.shows("S63")
def test_a_rule_that_cannot_be_asked_for_at_night_keeps_no_other_from_its_run(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (rule(cast, kind=kind, is_on=True) for kind in ("messages", "files"))

    def gone_meanwhile(rule_id: int, *, by: None) -> RetentionRun:
        if rule_id == first.pk:
            raise NotFound
        return ask_for_run(rule_id, by=by)

    monkeypatch.setattr("privacy.tasks.ask_for_run", gone_meanwhile)
    assert retain() == 2
    assert RetentionRun.objects.get().rule == second


@pytest.mark.shows("S63")
def test_of_two_who_make_the_same_rule_at_once_the_second_is_told_of_the_first(committed_cast: Cast) -> None:
    made = together([lambda: rule(committed_cast)] * 4)
    refused = [each for each in made if isinstance(each, Invalid)]
    assert len(refused) == 3, made
    assert all("kind" in each.fields for each in refused)
    assert RetentionRule.objects.count() == 1
