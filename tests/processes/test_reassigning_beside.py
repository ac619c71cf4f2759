"""Callbacks handed over while an agent works on one of them: that one is left to them, and counted."""

from __future__ import annotations

import pytest
from django.db import connections, transaction

from inbox.actions.calling_back import held
from inbox.models import Callback
from tests.concurrency import all_well, together
from tests.factories import Cast, agent_of
from tests.processes.promises import handing, promised
from tests.processes.runs import adds_up, carried_out, results, started


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
@pytest.mark.shows("003-11", "R39")
def test_one_that_an_agent_works_on_is_not_waited_for(committed_cast: Cast) -> None:
    cast = committed_cast
    eli = agent_of(cast, "eli")
    busy, free = promised(cast, cast.ana), promised(cast, cast.ana)
    run = started(handing(cast.ana, to=[eli], by=cast.luis), by=cast.luis)
    with transaction.atomic():
        held(busy.pk, by=cast.ana)

        def turn() -> None:
            try:
                carried_out(run)
            finally:
                connections.close_all()

        all_well(together([turn]))
    assert results(run) == {busy.pk: ("skipped", "locked"), free.pk: ("applied", "")}
    assert dict(Callback.objects.values_list("pk", "owner")) == {busy.pk: cast.ana.pk, free.pk: eli.pk}
    adds_up(run)
