"""The id that people read aloud, type and paste into spreadsheets."""

from __future__ import annotations

import re

from hypothesis import given, strategies

from inbox.public_ids import ALPHABET, LENGTH, LETTER, check_character, new_public_id, read_public_id

bodies = strategies.text(ALPHABET, min_size=LENGTH - 2, max_size=LENGTH - 2)
ids = bodies.map(lambda body: LETTER + body + check_character(body))


def test_a_new_id_is_one_and_no_two_are_alike() -> None:
    made = [new_public_id() for _each in range(2000)]
    assert len(set(made)) == len(made)
    assert all(read_public_id(each) == each for each in made)


def test_no_id_is_a_number_to_a_spreadsheet() -> None:
    for _each in range(2000):
        assert not re.fullmatch(r"[0-9]+([Ee][0-9]+)?", new_public_id())


@given(id_=ids)
def test_it_is_read_in_lower_case_with_spaces_around_and_hyphens_within(id_: str) -> None:
    assert read_public_id(f"  {id_.lower()[:4]}-{id_.lower()[4:8]}-{id_.lower()[8:]}\n") == id_


@given(id_=ids)
def test_what_looks_alike_is_read_alike(id_: str) -> None:
    seen = id_[0] + id_[1:].replace("0", "O").replace("1", "I").replace("V", "U")
    assert read_public_id(seen) == id_
    assert read_public_id(id_[0] + id_[1:].replace("1", "l")) == id_


@given(id_=ids)
def test_any_one_mistyped_character_is_caught(id_: str) -> None:
    for place in range(1, LENGTH):
        for char in ALPHABET.replace(id_[place], ""):
            assert read_public_id(id_[:place] + char + id_[place + 1 :]) is None


@given(id_=ids)
def test_any_two_neighbours_swapped_are_caught(id_: str) -> None:
    for place in range(1, LENGTH - 1):
        if id_[place] != id_[place + 1]:
            assert read_public_id(id_[:place] + id_[place + 1] + id_[place] + id_[place + 2 :]) is None


@given(text=strategies.text(max_size=20))
def test_anything_else_is_not_an_id(text: str) -> None:
    found = read_public_id(text)
    assert found is None or (len(found) == LENGTH and found[0] == LETTER and read_public_id(found) == found)
