"""Values of one's own fields: typed, required, bounded, of a list (002-11)."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.fields import checked_values, read_value, shown
from contacts.models import FieldDefinition

Kind = FieldDefinition.Kind


def field(kind: str, **values: Any) -> FieldDefinition:
    return FieldDefinition(**({"control_id": "txtDato", "label": "Dato", "kind": kind} | values))


@pytest.mark.shows("002-11")
@pytest.mark.parametrize(("definition", "given_value", "kept"), [
    (field("text"), "  dos   palabras ", "dos palabras"), (field("long_text"), "una\ndos", "una\ndos"), (field("text"), "   ", None),
    (field("number"), "1.234,5", "1234.5"), (field("number"), "1,234.50", "1234.5"), (field("number"), "12", 12), (field("number"), 12.5, "12.5"),
    (field("number", minimum=Decimal(1), maximum=Decimal(9)), "9", 9),
    (field("date"), "2026-11-21", "2026-11-21"), (field("date"), datetime.date(2026, 11, 21), "2026-11-21"),
    (field("choice", options=["A", "B"]), "B", "B"), (field("choices", options=["A", "B", "C"]), ["C", "A", "C"], ["A", "C"]),
    (field("choices", options=["A"]), "A", ["A"]), (field("choices", options=["A"]), [], None),
    (field("yes_no"), "on", True), (field("yes_no"), False, False), (field("yes_no"), "no", False),
])  # fmt: skip
def test_a_value_is_kept_in_its_type(definition: FieldDefinition, given_value: Any, kept: Any) -> None:
    assert read_value(definition, given_value) == kept
    assert type(read_value(definition, given_value)) is type(kept)
    assert shown(definition, kept)


@pytest.mark.shows("002-11")
@pytest.mark.parametrize(("definition", "given_value"), [
    (field("text", maximum=Decimal(3)), "cuatro"), (field("text", minimum=Decimal(3)), "a"), (field("text"), {"a": 1}), (field("text"), "x" * 201),
    (field("number"), "doce"), (field("number"), "NaN"), (field("number"), "Infinity"), (field("number"), "9" * 30), (field("number"), True),
    (field("number"), "1e400"), (field("number", minimum=Decimal(1)), "0"), (field("number", maximum=Decimal(9)), "9,1"),
    (field("date"), "21/11/2026"), (field("date"), "1492-10-12"), (field("date"), 5), (field("choice", options=["A"]), "C"),
    (field("choice", options=["A"]), ["A"]), (field("choices", options=["A"]), ["A", "C"]), (field("choices", options=["A"]), [{"A": 1}]),
    (field("choices", options=["A", "B"], minimum=Decimal(2)), ["A"]), (field("choices", options=["A", "B"], maximum=Decimal(1)), ["A", "B"]),
    (field("yes_no"), "quizás"), (field("yes_no"), 7),
])  # fmt: skip
def test_what_a_field_does_not_hold_is_said_in_words(definition: FieldDefinition, given_value: Any) -> None:
    _values, wrong = checked_values({"txtDato": given_value}, kept={}, definitions=[definition])
    assert set(wrong) == {"txtDato"}
    assert all(wrong["txtDato"])


@pytest.mark.shows("002-11")
def test_what_is_not_given_stays_an_empty_value_goes_and_a_required_one_must_be_there() -> None:
    one = field("text", control_id="txtUno", is_required=True)
    two = field("number", control_id="numDos")
    kept = {"txtUno": "x", "numDos": 5, "txtArchivado": "queda"}
    assert checked_values({"numDos": ""}, kept=kept, definitions=[one, two]) == (
        {"txtUno": "x", "txtArchivado": "queda"},
        {},
    )
    values, wrong = checked_values({"txtUno": " ", "txtArchivado": "otro"}, kept=kept, definitions=[one, two])
    assert set(wrong) == {"txtUno", "txtArchivado"}
    assert values["txtArchivado"] == "queda"


@given(kind=st.sampled_from(Kind.values), given_value=st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=300), st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
))  # fmt: skip
def test_whatever_is_sent_is_kept_and_read_again_the_same_or_refused_in_words(kind: str, given_value: Any) -> None:
    definition = field(kind, options=["A", "B"])
    try:
        kept = read_value(definition, given_value)
    except ValueError as error:
        kept, words = None, str(error)
    else:
        words = shown(definition, kept)
    assert words
    assert read_value(definition, kept) == kept


def test_a_name_that_cannot_be_encoded_is_refused_in_one_that_can() -> None:
    _values, wrong = checked_values({"txt\ud800": 1}, kept={}, definitions=[])
    assert [*wrong] == ["txt?"]
