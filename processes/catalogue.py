"""Every process there is (003-01): those of the product, and the installation's own, named by Python entry points."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import entry_points

from core.refusals import NotFound
from processes.associating import Associating, Detaching
from processes.choosing import Adding, Assigning, ClosingSelected, Tagging
from processes.closing import MassClosing
from processes.exporting import ContactExport, ConversationExport, MemberExport
from processes.importing import ImportingContacts
from processes.process import Process
from processes.reassigning import Reassigning
from processes.recycling import Recycling, Reprocessing
from processes.updating import Updating

logger = logging.getLogger(__name__)

# An installed package brings its own: [project.entry-points."ventanilla.processes"]  reassign = "acme.processes:Reassign"
ENTRY_POINTS = "ventanilla.processes"
BUILT_IN: tuple[type[Process], ...] = (
    Recycling, Reprocessing, Reassigning, Associating, Detaching, MassClosing, ImportingContacts, Updating,
    ContactExport, MemberExport, ConversationExport, Assigning, Tagging, ClosingSelected, Adding,
)  # fmt: skip


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Process]:
    """Kind -> process. One that does not load, or calls itself as another, is left out and said in the log: the others go on."""
    known: dict[str, Process] = {each.kind: each() for each in BUILT_IN}
    for point in entry_points(group=ENTRY_POINTS):
        try:
            process = point.load()()
        except Exception:
            logger.exception("process %s of %s could not be loaded", point.name, point.value)
            continue
        if not isinstance(process, Process) or process.kind in known:
            logger.error("process %s of %s is no process, or its kind is taken", point.name, point.value)
            continue
        known[process.kind] = process
    return known


def process_of(kind: str) -> Process:
    """Raises NotFound: there is none, or it is not installed any more."""
    process = catalogue().get(kind)
    if process is None:
        raise NotFound
    return process
