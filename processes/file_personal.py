"""What processes hold of one person: rows of files that were exported, for the day they are kept (core.personal.Holder, S62)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction

from core.personal import Aged, Cut, HeldFile, Part, Person
from processes.actions.filing import forget_files
from processes.actions.states import end, held_run
from processes.catalogue import catalogue
from processes.models import LIVE, Run, RunFile, RunItem, RunPiece

MODELS = ("processes.Run", "processes.RunPiece", "processes.RunFile")
KINDS = ()


def runs_about(person: Person) -> list[Run]:
    """The exports of the last day with a row of the person's in them; and those that were asked for by what they are called."""
    found: dict[int, Run] = {}
    for kind, process in catalogue().items():
        targets = process.targets_about(person.contact_ids)
        if targets is None:
            continue
        said = {each.casefold() for each in (*person.names, *person.marks)}
        for run in Run.objects.filter(kind=kind, purged_at__isnull=True).order_by("pk"):
            if RunItem.objects.filter(run=run, target__in=targets).exists() or searched(run) in said:
                found[run.pk] = run
    return list(found.values())


def searched(run: Run) -> str:
    return " ".join(run.parameters.get("asked", {}).get("search", ())).strip().casefold()


def find(person: Person) -> dict[str, int]:
    runs = [run.pk for run in runs_about(person)]
    return {"run_files": RunFile.objects.filter(run__in=runs).exclude(path="").count()}


def export(person: Person) -> Iterator[Part | HeldFile]:
    """Nothing: what stands in those files is told where it is kept, and they name others."""
    yield from ()


def erase(person: Person, *, by: Any) -> dict[str, int]:
    """The files go whole, for a row cannot be taken out of one; an export that is being made stops."""
    return {"run_files": sum(erase_from(each.pk) for each in runs_about(person))}


@transaction.atomic
def erase_from(run_id: int) -> int:
    # A chunk that is under way fails at its end: its run is not as it left it. One that begins now leaves out whoever is being erased.
    run = held_run(run_id, by=None)
    if run.state in LIVE:
        run.failure = "erased"
        end(run, "cancelled", by=None, fields=["failure"])
    gone = int(RunPiece.objects.filter(run=run).delete()[0] > 0) + forget_files(run_ids=[run.pk])
    if searched(run):
        run.parameters = {**run.parameters, "asked": {}}
        run.save(update_fields=["parameters"])
    return gone


def count_aged(cut: Cut) -> Aged:
    return Aged()


def remove_aged(cut: Cut, *, limit: int) -> int:
    return 0
