"""One form per line, whichever way it was written."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from contacts import numbers
from contacts.number_plans import COUNTRIES, plan_for_country
from contacts.numbers import Number, NumberKind, canonical, display, mask, search_forms, variants


def example(country: str, type_: int) -> str:
    number = phonenumbers.example_number_for_type(country, type_)
    assert number is not None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


MOBILES = [example(country, PhoneNumberType.MOBILE) for country in COUNTRIES]
LANDLINES = [example(country, PhoneNumberType.FIXED_LINE) for country in COUNTRIES]


def number(raw: str, country: str | None = None) -> Number:
    found = canonical(raw, default_country=country)
    assert found is not None, raw
    return found


@pytest.mark.parametrize(
    "written",
    [
        "595991651351",
        "+595991651351",
        "+595 991-651-351",
        "0991 651 351",
        "(0991)651351",
        "0991/651-351",
        "0991\u00a0651\u00a0351",
        "\u200e+595\u202f991\u2011651\u2013351",
        "00595 991 651351",
        "991651351",
        "５９５９９１６５１３５１",
        "٠٩٩١٦٥١٣٥١",
        "tel:+595991651351",
        "595991651351.0",
        "'0991651351",
    ],
)
def test_every_way_of_writing_a_paraguayan_mobile_is_one_number(written: str) -> None:
    assert number(written, "PY") == Number(
        e164="+595991651351", digits="595991651351", country="PY", kind=NumberKind.MOBILE, line="595991651351"
    )


@pytest.mark.shows("R10", "B-08")
@pytest.mark.parametrize(
    ("one", "other", "e164"),
    [
        ("553187654321", "5531987654321", "+5531987654321"),
        ("551171234567", "5511971234567", "+5511971234567"),
        ("5215512345678", "525512345678", "+525512345678"),
        ("54111523456789", "5491123456789", "+5491123456789"),
        ("5435115 3551234", "5493513551234", "+5493513551234"),
    ],
)
def test_what_whatsapp_reports_and_what_people_write_is_one_number(one: str, other: str, e164: str) -> None:
    assert number(one) == number(other)
    assert number(one).e164 == e164


@pytest.mark.shows("R10", "B-08")
def test_an_argentine_mobile_without_its_9_is_the_same_line_and_a_landline_stays_one() -> None:
    with_9, without = number("5491123456789"), number("+54 11 2345-6789")
    assert with_9.line == without.line
    assert (with_9.e164, without.e164) == ("+5491123456789", "+541123456789")
    assert set(variants(with_9)) == set(variants(without))
    assert number("011 15 2345-6789", "AR") == with_9


@pytest.mark.shows("R10", "B-08")
@pytest.mark.parametrize("e164", LANDLINES)
def test_landlines_are_left_alone(e164: str) -> None:
    found = number(e164)
    assert found.e164 == e164
    assert found.digits == e164[1:]


def test_a_brazilian_mobile_that_would_read_as_a_landline_without_its_9_has_no_such_variant() -> None:
    assert number("+55 11 94123-4567").digits == "5511941234567"
    assert "551141234567" not in variants(number("+55 11 94123-4567"))
    assert number("551141234567").kind is NumberKind.FIXED


@pytest.mark.shows("B-08")
@pytest.mark.parametrize("e164", MOBILES + LANDLINES)
def test_every_variant_leads_back_to_the_line(e164: str) -> None:
    original = number(e164)
    assert variants(original)[0] == original.digits
    for form in variants(original):
        found = number(form, original.country)
        assert found.line == original.line, form
        if original.country != "AR":
            assert found == original, form


@pytest.mark.shows("B-08")
@pytest.mark.parametrize("country", COUNTRIES)
@given(data=st.data())
def test_generated_numbers_are_idempotent_and_their_variants_agree(country: str, data: st.DataObject) -> None:
    base = data.draw(st.sampled_from([e164 for e164 in MOBILES + LANDLINES if number(e164).country == country]))
    kept = len(base) - data.draw(st.integers(2, 6))
    tail = data.draw(st.text("0123456789", min_size=len(base) - kept, max_size=len(base) - kept))
    found = canonical(base[:kept] + tail)
    if found is None or found.kind is NumberKind.OTHER:
        return
    assert canonical(found.e164) == found
    assert canonical(found.digits) == found
    assert canonical(display(found.e164)) == found
    for form in variants(found):
        assert number(form, country).line == found.line


@st.composite
def written_numbers(draw: st.DrawFn) -> tuple[str, str | None]:
    """A number of one of our countries, more or less, in one of the ways plain digits are written; and a default."""
    country = draw(st.sampled_from(COUNTRIES))
    plan = plan_for_country(country)
    assert plan is not None
    # An example of the country with its last digits anew and, now and then, a digit too many or too few.
    base = draw(st.sampled_from([e164 for e164 in MOBILES + LANDLINES if number(e164).country == country]))
    known = base.removeprefix("+" + plan.code)[: -draw(st.integers(1, 8))]
    lacking = len(base) - len("+" + plan.code) - len(known)
    national = known + draw(st.text("0123456789", min_size=max(0, lacking - 1), max_size=lacking + 1))
    start = draw(st.sampled_from(["", plan.code, "+" + plan.code, plan.trunk, plan.code + "9", plan.code + "1"]))
    return start + national, draw(st.sampled_from([None, country, country, *COUNTRIES]))


@settings(max_examples=1000)
@given(written_numbers())
def test_the_short_way_and_the_library_agree(written: tuple[str, str | None]) -> None:
    raw, country = written
    short = numbers._plain(raw, country) if numbers._PLAIN.match(raw) else None
    event("short way" if short else "library")
    if short is not None:
        assert short == numbers._from_library(raw, country)


def test_a_carriers_code_is_not_taken_for_a_trunk() -> None:
    """In Colombia 03 was a carrier's prefix: 0314… is not 0 and 314…"""
    assert canonical("03142492649", default_country="CO") == numbers._from_library("03142492649", "CO")


@given(
    raw=st.one_of(st.text(max_size=80), st.text("+0123456789 ()-.", max_size=40)),
    country=st.sampled_from([None, "PY", "XX", ""]),
)
def test_junk_never_raises(raw: str, country: str | None) -> None:
    found = canonical(raw, default_country=country)
    assert found is None or found.e164 == "+" + found.digits
    search_forms(raw, default_country=country)
    mask(display(raw))


@pytest.mark.parametrize(
    "junk",
    [
        "",
        " ",
        "+",
        "abc",
        "0991 651 35a",
        "123",
        "+595",
        "++595991651351",
        "5.95991651351E+11",
        "0991651351 0981123456",
        "9" * 200,
    ],
)
def test_what_is_no_number_is_none(junk: str) -> None:
    assert canonical(junk, default_country="PY") is None


def test_a_number_the_tables_do_not_know_yet_is_kept_only_when_written_in_full() -> None:
    assert number("+1 555 078 3881").kind is NumberKind.OTHER
    assert canonical("15550783881", default_country="PY") is None


@pytest.mark.parametrize(
    ("written", "country", "e164"),
    [
        ("044 55 1234 5678", "MX", "+525512345678"),
        ("01 55 1234 5678", "MX", "+525512345678"),
        ("(31) 8765-4321", "BR", "+5531987654321"),
        ("595991651351", "AR", "+595991651351"),
        ("0991651351", "py", "+595991651351"),
    ],
)
def test_local_habits_are_understood(written: str, country: str, e164: str) -> None:
    assert number(written, country).e164 == e164


@pytest.mark.parametrize(
    "fragment", ["0991 651", "+595 991 651", "00595991651", "(0991)651-351", "651351", "991651351"]
)
def test_a_fragment_however_written_is_found_in_the_number(fragment: str) -> None:
    stored = variants(number("+595991651351"))
    assert any(form in variant for form in search_forms(fragment, default_country="PY") for variant in stored)


@pytest.mark.parametrize("e164", MOBILES)
def test_every_written_form_finds_the_number(e164: str) -> None:
    found = number(e164)
    stored = variants(found)
    for written in (*stored, display(e164), found.digits[-6:]):
        forms = search_forms(written, default_country=found.country)
        assert any(form in variant for form in forms for variant in stored), written


def test_fewer_than_six_digits_search_nothing() -> None:
    assert search_forms("65135") == ()
    assert search_forms("000065135") == ()
    assert search_forms("ana 651351") == ()


def test_a_number_is_shown_in_groups_and_masked_but_for_its_end() -> None:
    assert display("+595991651351") == "+595 991 651 351"
    assert mask("+595 991 651 351") == "+595 ••• ••• 351"
    assert mask("+595991651351") == "+•••••••••351"
    assert mask("0991 651 351") == "•••• ••• 351"
    assert mask("12345") == "•••••"
    assert display("no number") == "no number"
