"""The workbook of what a mass close left out: each row of the file with its reason (003-23, P0-57)."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from processes.models import RunFile
from tests.factories import Cast, conversation
from tests.processes.runs import carried_out, started
from tests.processes.test_closing import csv_of, offered, run_over

Browse = Callable[[User], Client]


@pytest.mark.shows("003-23", "S36")
def test_what_was_left_out_is_a_workbook_with_the_reason_of_each_row(cast: Cast, browse: Browse) -> None:
    chosen = offered(cast)
    waiting, theirs = conversation(cast), conversation(cast)
    type(theirs).objects.filter(pk=theirs.pk).update(campaign=cast.other_campaign, team=cast.other_team)
    rows = [waiting.public_id, waiting.public_id, theirs.public_id, "=1+1"]
    run = carried_out(started(run_over(cast, browse, csv_of(rows), outcome=chosen.pk), by=cast.luis))
    assert (run.state, run.applied, run.skipped) == ("done", 1, 3)
    made = RunFile.objects.get(run=run)
    assert (made.role, made.rows, made.has_numbers) == ("errors", 3, False)
    way = reverse("run-file", args=[made.pk])
    client = browse(cast.luis)
    assert way in client.get(reverse("run", args=[run.pk])).content.decode()
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(client.get(way)))).active
    table = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert [row[:2] for row in table] == [
        ["ConversationId", "Fila"], [waiting.public_id, "3"], [theirs.public_id, "4"], ["", "5"],
    ]  # fmt: skip
    assert all(row[2] for row in table)
    assert browse(cast.eva).get(way).status_code == 403


def test_where_nothing_was_left_out_there_is_no_file(cast: Cast, browse: Browse) -> None:
    chosen = offered(cast)
    each = conversation(cast)
    run = carried_out(started(run_over(cast, browse, csv_of([each.public_id]), outcome=chosen.pk), by=cast.luis))
    assert (run.state, run.applied) == ("done", 1)
    assert not RunFile.objects.exists()
