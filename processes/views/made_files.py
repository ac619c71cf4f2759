"""The files that runs made, for who asked for them."""

from __future__ import annotations

import uuid
from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from accounts.guards import signed_in_user
from core.refusals import NotFound
from core.workbooks import MIMES, Kind
from inbox.serving import answer
from processes.actions.filing import fetched_file
from processes.views.doors import for_who_may_run


@require_GET
@for_who_may_run
def run_file(request: HttpRequest, file_id: uuid.UUID) -> HttpResponse:
    """The file, while it is kept; that it was fetched is in the journal."""
    try:
        made = fetched_file(file_id, by=signed_in_user(request))
    except NotFound:
        raise Http404 from None
    kind = Kind(made.name.rpartition(".")[2])
    # A streamed answer is a response as well, though not by its class.
    return cast(HttpResponse, answer(request, made.path, declared=MIMES[kind], name=made.name, tag=""))
