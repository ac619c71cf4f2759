"""R42: files that go wrong in every way people know. Each is refused in words or read with a reason for each row; none leaves half of itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from contacts.actions import seed_document_types
from contacts.models import Contact
from processes.models import Run, Sheet, SheetBlock
from tests.concurrency import IS_FULL
from tests.factories import Cast
from tests.processes import bad_files
from tests.processes.runs import carried_out, results, started
from tests.processes.sheets import asked_of, upload

Browse = Callable[[User], Client]
# TRUST.md asks for two on a quiet machine.
SOON_S = 2.0 if IS_FULL else 20.0


@pytest.fixture(autouse=True)
def documents(db: None) -> None:
    seed_document_types()


def test_there_are_as_many_as_were_asked_for() -> None:
    assert len(bad_files.REFUSED) + len(bad_files.READ) >= 40


@pytest.mark.shows("R42", "S37")
@pytest.mark.parametrize("what", bad_files.REFUSED)
def test_what_is_no_table_is_refused_in_words_and_nothing_of_it_is_kept(cast: Cast, browse: Browse, what: str) -> None:
    content, words = bad_files.REFUSED[what]
    answer = upload(browse(cast.luis), content, name="clientes.xlsx")
    assert answer.status_code == 400
    said = " ".join(answer.context["form"].errors["file"])
    assert any(each in said for each in words.split("|")), said
    assert not Sheet.objects.exists()
    assert not SheetBlock.objects.exists()


@pytest.mark.shows("R42", "S37")
@pytest.mark.parametrize("what", bad_files.READ)
def test_what_is_a_table_is_read_and_says_of_each_row_what_is_wrong(cast: Cast, browse: Browse, what: str) -> None:
    content, expected = bad_files.READ[what]
    answer = upload(browse(cast.luis), content, name="clientes.xlsx")
    assert answer.status_code == 302, answer.context["form"].errors
    page = browse(cast.luis).get(answer["Location"])
    said = {each["number"]: " ".join([each["wrong"], *(cell["wrong"] for cell in each["cells"])]) for each in page.context["rows"]}  # fmt: skip
    assert said.keys() == expected.keys()
    for number, words in expected.items():
        assert words.casefold() in said[number].casefold() if words else not said[number].strip(), said
    # Carried out, those and no others became contacts.
    run = asked_of(Sheet.objects.get(), cast, by=cast.luis)
    sound = sorted(number for number, words in expected.items() if not words)
    if sound:
        run = carried_out(started(run, by=cast.luis))
    assert sorted(number for number, (result, _reason) in results(run).items() if result == "applied") == sound
    assert Contact.objects.count() == len(sound)
    assert not Run.objects.filter(failed__gt=0).exists()


# In a process without other children, so that the largest of them is the one that met the file.
ASK = """
import resource, sys, tempfile, time
from core.media.limited import Job, Unreadable, measure
with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as into:
    source.write(sys.stdin.buffer.read())
    began = time.perf_counter()
    try:
        measure(Job.TABLE, source, into)
    except Unreadable:
        pass
    print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.shows("R42", "S40")
@pytest.mark.parametrize("what", ["bomb", "bomb that lies", "billion laughs", "16,384 columns"])
def test_a_bomb_costs_little_and_is_refused_soon(what: str) -> None:
    content, _words = bad_files.REFUSED[what]
    answer = subprocess.run([sys.executable, "-c", ASK], input=content, capture_output=True, check=True, timeout=240)
    took, largest_kb = answer.stdout.split()
    assert float(took) < SOON_S, took
    assert int(largest_kb) < 300_000
