"""The ways to reach somebody: they come and go, one of each kind is first, and what was typed tells its kind."""

from __future__ import annotations

import re

import pytest

from accounts.models import User
from contacts import actions, reaching
from contacts.actions.points import PointInUse
from core.refusals import Invalid
from tests import factories
from tests.contacts.people import rocio, verbs
from tests.factories import Cast

pytestmark = pytest.mark.usefixtures("document_types")


@pytest.mark.shows("002-05")
def test_points_come_and_go_and_one_of_each_kind_is_first(cast: Cast) -> None:
    contact = rocio(cast.ana)
    second = actions.add_point(contact.pk, by=cast.ana, value="0981555444")
    assert actions.add_point(contact.pk, by=cast.ana, value="+595 981 555444").pk == second.pk
    # The same line on another channel is another way to the same person.
    whatsapp = actions.add_point(contact.pk, by=cast.ana, value="0981555444", kind="whatsapp")
    assert whatsapp.pk != second.pk
    actions.make_primary(second.pk, by=cast.ana)
    actions.make_primary(second.pk, by=cast.ana)
    assert list(contact.points.filter(kind="phone", is_primary=True)) == [second]
    actions.remove_point(second.pk, by=cast.ana)
    assert contact.points.get(kind="phone").is_primary
    assert verbs(contact).count("contact_point_put_first") == 1
    with pytest.raises(Invalid):
        actions.add_point(contact.pk, by=cast.ana, value="PY.123", kind="webchat")


def test_a_point_that_conversations_went_through_stays(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    with pytest.raises(PointInUse):
        actions.remove_point(conversation.contact_point_id, by=cast.ana)
    with pytest.raises(PointInUse):
        actions.edit_contact(conversation.contact_id, by=cast.ana, first_name="X", points=[])
    conversation.contact.refresh_from_db()
    assert (conversation.contact.first_name, conversation.contact.points.count()) == ("", 1)


@pytest.mark.shows("B-10")
def test_a_refusal_tells_no_number_to_who_may_not_see_them(cast: Cast) -> None:
    point = factories.taken_conversation(cast).contact_point
    for group in cast.ana.groups.all():
        group.permissions.remove(factories.permission("see_numbers"))
    with pytest.raises(PointInUse) as refused:
        actions.remove_point(point.pk, by=User.objects.get(pk=cast.ana.pk))
    assert not re.search(r"[0-9]{4}", re.sub(r"[ +]", "", str(refused.value.fields)))
    with pytest.raises(PointInUse) as told:
        actions.remove_point(point.pk, by=cast.luis)
    assert point.shown in str(told.value.fields)


@pytest.mark.shows("002-05")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ana@example.com", "email"), ("0981 123 456", "phone"), ("+55 11 91234-5678", "phone"), ("wa.me/595981123456", "whatsapp"),
        ("https://instagram.com/fibra.sur/", "instagram"), ("@fibra.sur", "instagram"), ("m.me/fibrasur", "messenger"), ("Juan", ""), ("", ""),
        ("12", ""), ("x" * 500, ""),
    ],
)  # fmt: skip
def test_the_kind_of_a_point_is_told_from_what_was_typed(text: str, expected: str) -> None:
    assert reaching.detect_kind(text) == expected


def test_a_paste_is_parted_at_lines_and_signs_but_not_inside_a_number() -> None:
    pasted = "0981 123 456; ana@example.com,\n +55 11 91234-5678\tana@example.com | @x"
    assert reaching.split_pasted(pasted) == ["0981 123 456", "ana@example.com", "+55 11 91234-5678", "@x"]
