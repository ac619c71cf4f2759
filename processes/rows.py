"""What a page shows of a run: its words, its bars, its pace."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from contacts.filters import sees_numbers
from core.sections import Words
from processes.catalogue import catalogue
from processes.models import Run, RunFile, RunItem, State
from processes.process import Process

SAMPLED = 5
# Too little was done before it to say how long the rest takes.
MEASURED_FROM_MS = 1_500
TONES = {
    State.RUNNING: "accent",
    State.PAUSED: "warning",
    State.DONE: "success",
    State.FAILED: "danger",
}
ICONS = {
    State.DONE: "circle-check",
    State.FAILED: "circle-alert",
    State.CANCELLED: "ban",
    State.PAUSED: "circle-pause",
    State.UNDONE: "undo-2",
}


@dataclass(frozen=True)
class Bar:
    """One line of counts by reason."""

    title: Words
    hint: Words
    count: int
    percent: int
    tone: str = "muted"


def run_row(run: Run, *, by: User) -> dict[str, Any]:
    """A run as its page, its fragment and the history draw it."""
    process = catalogue().get(run.kind)
    then = later_reasons(run)
    return {
        "run": run,
        "process": process,
        "title": process.title if process else run.kind,
        "state": _("Taking back") if run.is_undoing else run.get_state_display(),
        "tone": TONES.get(State(run.state), ""),
        "icon": ICONS.get(State(run.state), "clock"),
        "percent": percent(run),
        "pace": pace(run),
        "left": time_left(run),
        "preview_bars": preview_bars(run, process),
        "skipped_bars": bars(then, process, then=True, of=sum(then.values())),
        "skipped_later": sum(then.values()),
        "about": process.about(run, by=by) if process else [],
        "leads_to": process.leads_to(run) if process and run.is_over else None,
        "left_out": run.skipped + run.failed,
        "may_take_rows": may_take_rows(run, by=by),
        "who": run.started_by or run.requested_by,
        "stands": "-".join(filter(None, (run.state, run.wish, "undoing" if run.is_undoing else ""))),
    }


def may_take_rows(run: Run, *, by: User) -> bool:
    """Whether the rows of its file are for them: whoever brought it, and who sees everybody's numbers."""
    if run.sheet_id is None or run.purged_at is not None:
        return False
    return run.requested_by_id == by.pk or (by.has_perm("accounts.see_all_teams") and sees_numbers(by))


def percent(run: Run) -> int:
    """Of what is to be done, how much is: what was left out at once counts for nothing."""
    if run.is_undoing:
        return 100 * (run.undone + run.kept) // max(run.applied, 1)
    at_once = sum(run.preview.values())
    return min(100, 100 * (run.settled - at_once) // max(run.total - at_once, 1)) if run.frozen_at else 0


def pace(run: Run) -> int:
    """Rows a second while it was at work."""
    worked = run.settled - sum(run.preview.values())
    return round(worked * 1000 / run.busy_ms) if run.busy_ms else 0


def time_left(run: Run) -> str:
    """In words, by the pace since it began: steady, for it is no moment's pace. Empty: too early to say, or nothing is going on."""
    if run.state != State.RUNNING or run.busy_ms < MEASURED_FROM_MS:
        return ""
    seconds = math.ceil(run.pending / max(pace(run), 1))
    if seconds < 60:
        return ngettext("About {n} s left", "About {n} s left", seconds).format(n=seconds)
    minutes = math.ceil(seconds / 60)
    return ngettext("About {n} min left", "About {n} min left", minutes).format(n=minutes)


def preview_bars(run: Run, process: Process | None) -> list[Bar]:
    if process is None or not run.frozen_at:
        return []
    own = [Bar(process.will_do, process.becomes, run.expected, share(run.expected, run.total), tone="accent")]
    if process.kinds and run.kinds:
        own = [
            Bar(words.title, words.hint, run.kinds[kind], share(run.kinds[kind], run.total), tone="accent")
            for kind, words in process.kinds.items()
            if run.kinds.get(kind)
        ]
    return [*own, *bars(run.preview, process, then=False, of=run.total)]


def bars(counts: Mapping[str, int], process: Process | None, *, then: bool, of: int) -> list[Bar]:
    """The largest first. `then`: in the words for what happened after the preview."""
    lines = []
    for code, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        title, hint = words_of(code, process, then=then)
        lines.append(Bar(title, hint, count, share(count, of)))
    return lines


def words_of(code: str, process: Process | None, *, then: bool) -> tuple[Words, Words]:
    if process is None:
        return code, ""
    reason = process.reason(code)
    return reason.then if then and reason.then is not None else (reason.title, reason.hint)


def later_reasons(run: Run) -> dict[str, int]:
    """What was left out while it ran, beyond what the preview had said (R41)."""
    more = {code: many - run.preview.get(code, 0) for code, many in run.reasons.items()}
    return {code: many for code, many in more.items() if many}


def share(count: int, of: int) -> int:
    # What there is can be seen.
    return max(1, round(100 * count / of)) if count and of else 0


def sample_of(run: Run, *, by: User) -> Any:
    process = catalogue().get(run.kind)
    waiting = RunItem.objects.filter(run=run, result=RunItem.Result.PENDING).order_by("target")
    targets = list(waiting.values_list("target", flat=True)[:SAMPLED])
    return process.sample(run, targets, by=by) if process and targets else None


def others_lately(runs: Iterable[Run]) -> list[dict[str, Any]]:
    """Runs as a short list: what, when, who, and what came of each."""
    return [
        {
            "run": run,
            "title": title_of(run),
            "icon": ICONS.get(State(run.state), "clock"),
            "tone": TONES.get(State(run.state), ""),
            "state": _("Taking back") if run.is_undoing else run.get_state_display(),
            "who": run.started_by or run.requested_by,
        }
        for run in runs
    ]


def title_of(run: Run) -> str:
    process = catalogue().get(run.kind)
    name = str(process.title) if process else run.kind
    return f"{name} · {run.base.name}" if run.base else name


def duration_s(run: Run) -> int | None:
    """From the start to the end, or to now."""
    if run.started_at is None:
        return None
    return round(((run.finished_at or timezone.now()) - run.started_at).total_seconds())


def file_rows(run: Run, *, by: User) -> list[dict[str, Any]]:
    """The files a run made, each with why it cannot be had, if so."""
    return [{"file": each, "why_not": why_not_theirs(each, run, by)} for each in run.files.order_by("role")]


def why_not_theirs(file: RunFile, run: Run, by: User) -> str:
    if not file.is_fetchable:
        return _("It is gone: it was kept for 24 h, or somebody in it was erased.")
    if not is_theirs(run, by):
        return _("Only {name} may download it, who asked for it.").format(name=run.requested_by.name)
    if not may_have(file, by):
        return _("You may not export, or see the numbers in it, any more.")
    return ""


def is_theirs(run: Run, by: User) -> bool:
    """As RunFile.objects.visible_to has it, of a run in hand."""
    return run.requested_by_id == by.pk or by.has_perm("accounts.see_all_teams")


def may_have(file: RunFile, by: User) -> bool:
    """Whether what a file holds may be read by who asks now, whatever they might when it was made."""
    process = catalogue().get(file.run.kind)
    return process is not None and process.permits(by) and (not file.has_numbers or by.has_perm("accounts.see_numbers"))
