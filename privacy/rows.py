"""What programs are told of exports, holds, erasures and retention: states, counts and moments, and nothing that names anybody."""

from __future__ import annotations

from typing import Any

import contacts.personal
import inbox.personal
from contacts.models import LegalHold
from core.personal import Person
from privacy.models import Erasure, PersonExport, RetentionRule, RetentionRun

# What is shown of a person before anybody asks for all of it: what indexes count at once.
COUNTED = (contacts.personal, inbox.personal)


def held_counts(person: Person) -> dict[str, int]:
    """How much is held of somebody, by kind."""
    return {name: count for holder in COUNTED for name, count in holder.find(person).items()}


def export_row(export: PersonExport) -> dict[str, Any]:
    return {
        "id": export.pk,
        "contact_id": export.contact_id,
        "state": export.state,
        "counts": export.counts,
        "size": export.size,
        "is_fetchable": export.is_fetchable,
        "asked_at": export.asked_at,
        "made_at": export.made_at,
        "expires_at": export.expires_at,
    }


def erasure_row(erasure: Erasure) -> dict[str, Any]:
    return {
        "id": erasure.pk,
        "contact_id": erasure.contact_id,
        "state": erasure.state,
        "counts": erasure.counts,
        "asked_at": erasure.asked_at,
        "finished_at": erasure.finished_at,
    }


def hold_row(hold: LegalHold) -> dict[str, Any]:
    return {
        "id": hold.pk,
        "contact_id": hold.contact_id,
        "reason": hold.reason,
        "created_at": hold.created_at,
        "lifted_at": hold.lifted_at,
    }


def rule_row(rule: RetentionRule) -> dict[str, Any]:
    return {
        "id": rule.pk,
        "kind": rule.kind,
        "days": rule.days,
        "campaign_id": rule.campaign_id,
        "is_on": rule.is_on,
        "created_at": rule.created_at,
    }


def run_row(run: RetentionRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "rule_id": run.rule_id,
        "is_dry": run.is_dry,
        "state": run.state,
        "before": run.before,
        "counted": run.counted,
        "held": run.held,
        "removed": run.removed,
        "percent": run.percent,
        "asked_at": run.asked_at,
        "finished_at": run.finished_at,
    }
