"""What becomes true about bulk runs."""

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True, kw_only=True)
class RunAsked(Event):
    """Somebody wants to know what a process would do: its selection is to be written down."""

    run_id: int


@dataclass(frozen=True, kw_only=True)
class RunWaiting(Event):
    """A run was started, goes on, or is to be undone: a worker may take it."""

    run_id: int


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    """It is done, cancelled, failed or undone."""

    run_id: int
