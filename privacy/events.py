"""What was asked of privacy: each is work for the background."""

from __future__ import annotations

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True, kw_only=True)
class ExportWanted(Event):
    export_id: str


@dataclass(frozen=True, kw_only=True)
class ErasureWanted(Event):
    erasure_id: str


@dataclass(frozen=True, kw_only=True)
class RetentionWanted(Event):
    run_id: str
