"""Whole rows by a statement written out once: the same instances that a QuerySet gives."""

from __future__ import annotations

from django.db import connection

from campaigns.models import ChannelAccount
from core.joined import Joined
from inbox.actions.lanes import head_of, lanes_of
from inbox.models import Attachment, Message, OutboxEntry
from tests import factories
from tests.factories import Cast
from tests.inbox.outbound import say


def values(row: object) -> dict[str, object]:
    return {field.attname: row.__dict__[field.attname] for field in row._meta.concrete_fields}  # type: ignore[attr-defined]  # any model


def test_a_row_read_so_is_the_row_a_queryset_reads(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    message = say(conversation, "Buenas", cast)
    joined = Joined(message=Message, account=ChannelAccount, attachment=Attachment)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {joined.columns}, 'more' FROM inbox_message AS message"
            " JOIN campaigns_channelaccount AS account ON account.id = message.channel_account_id"
            " LEFT JOIN inbox_attachment AS attachment ON attachment.message_id = message.id WHERE message.id = %s",
            [message.pk],
        )
        found, rest = joined.read(cursor.fetchone())
    assert values(found["message"]) == values(Message.objects.get(pk=message.pk))
    assert found["message"].details == Message.objects.get(pk=message.pk).details
    assert found["attachment"] is None, "an outer join that found none"
    account = ChannelAccount.objects.get(pk=cast.account.pk)
    assert found["account"] == account
    assert found["account"].credentials == account.credentials == {"token": factories.TOKEN}
    assert list(rest) == ["more"]


def test_the_head_of_a_lane_brings_what_a_send_needs_in_one_question(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    first, _second = (say(conversation, text, cast) for text in ("Uno", "Dos"))
    (lane,) = lanes_of(conversation.pk)
    with connection.execute_wrapper(refuse_more_than_one()):
        head = head_of(lane)
        assert head is not None
        entry = head.entry
        assert entry.message is not None
        assert entry.channel_account is not None
        assert entry.contact_point is not None
        assert (entry.message, entry.message.text, getattr(entry.message, "attachment", None)) == (first, "Uno", None)
        assert (entry.channel_account.external_id, entry.contact_point.is_number) == (cast.account.external_id, True)
    assert entry == OutboxEntry.objects.get(message=first)
    assert (head.home_point_id, head.waits_for_another) == (conversation.contact_point_id, False)
    # A picture with it comes too.
    Attachment.objects.create(conversation=conversation, message=first, kind="image", mime="image/png")
    again = head_of(lane)
    assert again is not None
    assert again.entry.message is not None
    assert again.entry.message.attachment.mime == "image/png"


def refuse_more_than_one():  # type: ignore[no-untyped-def]  # Django's own shape of a wrapper
    asked = []

    def wrapper(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        asked.append(sql)
        assert len(asked) == 1, asked
        return execute(sql, params, many, context)

    return wrapper
