"""Identity documents: check digits of the region, own patterns, and patterns that would never end (002-06, 002-07)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts import actions, documents
from contacts.actions.seeding import SEEDED_TYPES
from contacts.models import DocumentType
from contacts.patterns import BadPattern, compiled, fits

NUMBERS = {code: example for code, _name, _country, _check, _pattern, example, _whose in SEEDED_TYPES}
CHECKED = {code: check for code, _name, _country, check, _pattern, _example, _whose in SEEDED_TYPES if check}
WITHOUT_DIGIT = {"py_ci", "ar_dni", "pe_dni"}


def seeded(code: str) -> DocumentType:
    (row,) = [each for each in SEEDED_TYPES if each[0] == code]
    return DocumentType(code=code, name=row[1], country=row[2], check_digit=row[3], pattern=row[4], example=row[5])


@pytest.mark.django_db
@pytest.mark.shows("002-06")
def test_the_regions_documents_are_seeded_once_and_what_was_changed_stays() -> None:
    actions.seed_document_types()
    DocumentType.objects.filter(code="passport").update(name="Otro nombre")
    actions.seed_document_types()
    assert DocumentType.objects.count() == len(SEEDED_TYPES)
    assert DocumentType.objects.get(code="passport").name == "Otro nombre"
    assert {each.country for each in DocumentType.objects.all()} >= {
        "AR",
        "PY",
        "PE",
        "CO",
        "CL",
        "BR",
        "UY",
        "EC",
        "MX",
    }


@pytest.mark.shows("002-07")
@pytest.mark.parametrize("code", NUMBERS)
def test_every_example_fits_its_type_and_keeps_its_form(code: str) -> None:
    kind = seeded(code)
    kept = documents.check_number(kind, NUMBERS[code])
    assert kept
    assert kept == documents.compact(kept)
    shown = documents.shown(kind.check_digit, kept)
    assert documents.check_number(kind, shown) == kept
    assert not any(each.isdigit() for each in documents.mask(shown)[:-4])


@pytest.mark.shows("002-07")
@pytest.mark.parametrize("code", [code for code, check in CHECKED.items() if check not in WITHOUT_DIGIT])
def test_one_wrong_digit_is_noticed(code: str) -> None:
    kind, kept = seeded(code), documents.check_number(seeded(code), NUMBERS[code])
    # An Ecuadorian RUC ends with the number of the establishment.
    place = 8 if code == "ec-ruc" else len(kept) - 1
    wrong = kept[:place] + (str((int(kept[place]) + 1) % 10) if kept[place].isdigit() else "0") + kept[place + 1 :]
    with pytest.raises(ValueError, match="."):
        documents.check_number(kind, wrong)


# The separators that people write; a number in any of these clothes is one number.
CLOTHES = st.lists(st.sampled_from(["", "", ".", "-", " ", "/"]), min_size=20, max_size=20)


@pytest.mark.shows("002-07")
@given(code=st.sampled_from(sorted(NUMBERS)), between=CLOTHES, is_lower=st.booleans())
def test_however_it_is_written_it_is_kept_in_one_form(code: str, between: list[str], is_lower: bool) -> None:
    kind = seeded(code)
    kept = documents.check_number(kind, NUMBERS[code])
    written = "".join(each + between[place % 20] for place, each in enumerate(kept))
    assert documents.check_number(kind, written.lower() if is_lower else written) == kept


@pytest.mark.shows("002-07")
@given(code=st.sampled_from(sorted(NUMBERS)), written=st.text(max_size=80))
def test_whatever_is_typed_is_kept_in_a_form_of_its_own_or_refused_in_words(code: str, written: str) -> None:
    kind = seeded(code)
    try:
        kept = documents.check_number(kind, written)
    except ValueError as error:
        kept, words = "", str(error)
    else:
        words = "kept"
    assert words
    assert kept == documents.compact(kept)
    assert len(kept) <= 40
    if kept:
        assert documents.check_number(kind, kept) == kept
        assert documents.check_number(kind, documents.shown(kind.check_digit, kept)) == kept


@given(base=st.integers(min_value=100_000, max_value=9_999_999))
def test_of_the_ten_check_digits_of_an_uruguayan_identity_one_fits(base: int) -> None:
    kind = seeded("uy-ci")
    fitting = []
    for digit in range(10):
        try:
            fitting.append(documents.check_number(kind, f"{base}{digit}"))
        except ValueError:
            continue
    assert fitting == [fitting[0]]


@pytest.mark.parametrize(("pattern", "number", "is_right"), [
    (r"\d{5,8}", "12345", True), (r"\d{5,8}", "1234", False), (r"[A-Z]{2}\d{6}", "AB123456", True), (r"(V|E)\d+", "E123", True),
    (r"(V|E)\d+", "X123", False), (r"\d{3}(-\d)?", "1234", False), ("A{3}", "AAA", True), ("A{2,}", "AAAA", True),
])  # fmt: skip
def test_own_patterns_match_the_whole_number(pattern: str, number: str, is_right: bool) -> None:
    assert fits(pattern, number) is is_right
    own = DocumentType(code="own", name="Carné", pattern=pattern, example=number)
    if is_right:
        assert documents.check_number(own, number) == number
    else:
        with pytest.raises(ValueError, match="Carné"):
            documents.check_number(own, number)


@pytest.mark.parametrize("pattern", [
    "(a+)+b", "(a*)*", "(a|a)*b", "(a|aa)+$", "(\\d+)*-", "(a|a)" * 40, ".*.*.*.*x", r"(\w)\1", "(?=a)", "(?:a)", "a**", "a++", "a{41}", "a{3,2}",
    "[", "[^a]", "(", ")", "a{", "^a$", "\\", "\\A", "a\n", "x" * 201, "((((((a))))))", "a{99999}",
])  # fmt: skip
def test_a_pattern_that_could_hang_or_says_more_than_this_language_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compiled(pattern)


@given(pattern=st.text(alphabet=r"ab\d()[]|*+?{},0123", max_size=40), number=st.text(alphabet="ab012", max_size=40))
def test_no_pattern_that_is_taken_ever_takes_long(pattern: str, number: str) -> None:
    try:
        compiled(pattern)
    except BadPattern:
        return
    began = time.perf_counter()
    fits(pattern, number)
    assert time.perf_counter() - began < 5


def test_the_worst_pattern_that_is_taken_ends_at_once() -> None:
    # As many ways as are allowed, and a number that fails at its last letter.
    for pattern in (r"\d*\d*x", r"(\d|\d\d|\d\d\d)" * 8 + "x", r"\d+[0-9]{1,40}Z"):
        began = time.perf_counter()
        assert not fits(pattern, "1" * 40)
        assert time.perf_counter() - began < 5
