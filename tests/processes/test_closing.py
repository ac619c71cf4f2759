"""Cierre masivo: the conversations of a file, all with one outcome, by the one closing rule (003-22 … 003-24, B-03)."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from campaigns.models import CampaignTypification
from core.models import JournalEntry
from core.tables import NotATable, read_table
from inbox.actions.closing import close_conversation
from inbox.models import Conversation
from inbox.public_ids import read_public_id
from processes.actions.asking import freeze
from processes.models import Run, RunLine
from tests.factories import Cast, conversation, leaf, taken_conversation
from tests.processes.runs import adds_up, carried_out, outcome, results, started

Browse = Callable[[User], Client]
HEAD = "ConversationId"


def csv_of(rows: Iterable[str], *, head: str = HEAD) -> bytes:
    return "\r\n".join([head, *rows]).encode()


def workbook(rows: Iterable[list[Any]]) -> bytes:
    book, into = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(into)
    return into.getvalue()


def zipped(**parts: bytes) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return into.getvalue()


def asked_for(
    cast: Cast, browse: Browse, content: bytes, *, by: User | None = None, name: str = "cierre.csv", **said: Any
) -> Any:
    said = {"submission": str(uuid.uuid4()), "outcome": leaf().pk, "note": ""} | said
    return browse(by or cast.luis).post(
        reverse("process", args=["mass-closing"]), said | {"file": SimpleUploadedFile(name, content)}
    )


def run_over(cast: Cast, browse: Browse, content: bytes, **said: Any) -> Run:
    answer = asked_for(cast, browse, content, **said)
    assert answer.status_code == 302, answer.context["form"].errors
    run = Run.objects.latest("pk")
    assert freeze(run.pk)
    run.refresh_from_db()
    return run


def offered(cast: Cast) -> Any:
    chosen = leaf()
    CampaignTypification.objects.get_or_create(campaign=cast.campaign, typification=chosen, purpose="finish")
    return chosen


@pytest.mark.shows("003-22", "003-23", "B-03", "S64")
def test_the_conversations_of_a_file_are_closed_and_each_row_has_its_end(cast: Cast, browse: Browse) -> None:
    chosen = offered(cast)
    waiting, taken, before = conversation(cast), taken_conversation(cast), taken_conversation(cast)
    Conversation.objects.filter(pk=before.pk).update(needs_first_reply=False)
    close_conversation(before.pk, by=cast.ana, typification_id=chosen.pk)
    theirs = conversation(cast)
    Conversation.objects.filter(pk=theirs.pk).update(campaign=cast.other_campaign, team=cast.other_team)
    rows = [
        waiting.public_id,
        f" {taken.public_id.lower()} ",
        waiting.public_id,
        before.public_id,
        theirs.public_id,
        "1.23E+15",
        "",
        "C00000000000",
    ]
    # Well written or not, it is nobody's.
    nobodys = "unknown" if read_public_id("C00000000000") else "not_an_id"
    run = run_over(cast, browse, csv_of(rows), outcome=chosen.pk)
    assert (run.total, run.expected) == (7, 2)
    assert {number: reason for number, (_result, reason) in results(run).items()} == {
        2: "", 3: "", 4: "repeated", 5: "already_closed", 6: "unknown", 7: "not_an_id", 9: nobodys,
    }  # fmt: skip
    run = carried_out(started(run, by=cast.luis))
    assert (run.state, run.applied, run.failed) == ("done", 2, 0)
    for each in (waiting, taken):
        each.refresh_from_db()
        assert (each.status, each.typification, each.close_mode, each.closed_by) == (
            "closed",
            chosen,
            "bulk",
            cast.luis,
        )
        assert JournalEntry.objects.filter(verb="conversation_closed", subject_id=str(each.pk)).count() == 1
    theirs.refresh_from_db()
    assert theirs.status == "queued"
    adds_up(run)


@pytest.mark.shows("003-23", "B-03")
def test_an_outcome_that_the_rule_refuses_closes_nothing(cast: Cast, browse: Browse) -> None:
    offered(cast)
    one = taken_conversation(cast)
    other = outcome("No es de la campaña", applies_to="all")
    run = run_over(cast, browse, csv_of([one.public_id]), outcome=other.pk)
    assert (run.expected, run.preview) == (0, {"typification_not_offered": 1})
    noted = outcome("Con nota", applies_to="all", requires_note=True)
    answer = asked_for(cast, browse, csv_of([one.public_id]), outcome=noted.pk)
    assert list(answer.context["form"].errors) == ["note"]
    asking = outcome("Con agenda", applies_to="all", asks_callback="personal")
    answer = asked_for(cast, browse, csv_of([one.public_id]), outcome=asking.pk)
    assert list(answer.context["form"].errors) == ["outcome"]
    one.refresh_from_db()
    assert one.status == "assigned"


@pytest.mark.shows("B-01", "R41", "B-03")
def test_whoever_was_closed_meanwhile_is_told(cast: Cast, browse: Browse) -> None:
    chosen = offered(cast)
    one, two = taken_conversation(cast), taken_conversation(cast)
    run = started(run_over(cast, browse, csv_of([one.public_id, two.public_id]), outcome=chosen.pk), by=cast.luis)
    Conversation.objects.filter(pk=one.pk).update(needs_first_reply=False)
    close_conversation(one.pk, by=cast.ana, typification_id=chosen.pk)
    run = carried_out(run)
    assert (run.applied, run.reasons) == (1, {"already_closed": 1})
    one.refresh_from_db()
    assert one.close_mode == "normal"
    adds_up(run)


@pytest.mark.shows("003-22")
@pytest.mark.parametrize("content", [
    b"\xef\xbb\xbf" + b"conversationID\r\n{id}",
    b"ConversationId;\r\n{id};\r\n;\r\n",
    b"\r\n Conversation Id \r\n\r\n{id}\r\n",
    "ConversationId\r\n{id}\r\n".encode("utf-16"),
])  # fmt: skip
def test_bom_case_encoding_and_blank_rows_do_not_matter(cast: Cast, browse: Browse, content: bytes) -> None:
    offered(cast)
    one = taken_conversation(cast)
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    content = content.decode(encoding).replace("{id}", one.public_id).encode(encoding)
    assert run_over(cast, browse, content).expected == 1


@pytest.mark.shows("003-22", "R42", "S37")
def test_a_workbook_is_read_as_values(cast: Cast, browse: Browse) -> None:
    offered(cast)
    one, two = taken_conversation(cast), taken_conversation(cast)
    content = workbook([[HEAD], [one.public_id], [None], [1.23e15], ['=HYPERLINK("http://x")'], [two.public_id]])
    run = run_over(cast, browse, content, name="cierre.xlsx")
    assert (run.expected, run.preview) == (2, {"not_an_id": 1})
    # Of what is no id nothing is kept.
    assert set(RunLine.objects.filter(run=run).values_list("value", flat=True)) == {one.public_id, two.public_id, ""}


BAD = {
    "another column": (csv_of(["x"], head="Id"), "Id"),
    "one more column": (csv_of(["C00000000000,x"], head="ConversationId,Nota"), "Nota"),
    "no head": (csv_of(["C00000000000"], head="C00000000000"), "una sola columna"),
    "empty": (b"", "vacío|no tiene filas|contenido"),
    "head alone": (csv_of([]), "no tiene filas"),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel antiguo"),
    "pdf": (b"%PDF-1.7 ...", "No es una tabla"),
    "html as xls": (b"<html><table><tr><td>ConversationId</td></tr></table></html>", "No es una tabla"),
    "xml": (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "No es una tabla"),
    "gzip": (b"\x1f\x8b\x08" + bytes(50), "comprimido"),
    "truncated workbook": (workbook([[HEAD], ["C00000000000"]])[:900], "dañado"),
    "zip of something else": (zipped(hola_dot_txt=b"hola"), "No es un libro de Excel"),
    "macros": (zipped(xl__workbook_dot_xml=b"<a/>", xl__vbaProject_dot_bin=b"x"), "macros"),
    "workbook of nonsense": (zipped(xl__workbook_dot_xml=b"<a/>"), "dañado"),
    "NUL": (b"ConversationId\r\nC\x000", "No es una tabla"),
}


@pytest.mark.shows("003-22", "R42", "S37")
@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused_in_words_before_any_row(cast: Cast, browse: Browse, what: str) -> None:
    content, words = BAD[what]
    answer = asked_for(cast, browse, content)
    assert answer.status_code == 400
    said = " ".join(answer.context["form"].errors["file"])
    assert any(each in said for each in words.split("|")), said
    assert not Run.objects.exists()


@pytest.mark.shows("R42", "S40")
def test_a_bomb_is_refused_by_what_it_says_of_itself() -> None:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<a/>")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(1024))
        archive.infolist()[-1].file_size = 600 * 1024 * 1024
    bomb = into.getvalue()
    with pytest.raises(NotATable) as refusal, read_table(io.BytesIO(bomb)):
        pass
    assert "descomprimido" in refusal.value.message


@pytest.mark.shows("S07")
def test_agents_close_nothing_in_bulk(cast: Cast, browse: Browse) -> None:
    one = taken_conversation(cast)
    assert asked_for(cast, browse, csv_of([one.public_id]), by=cast.ana).status_code == 403
    assert not Run.objects.exists()
    assert JournalEntry.objects.filter(verb="entry_refused", actor_label="ana").exists()
