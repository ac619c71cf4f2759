"""What must hold of runs and their ledgers (DOMAIN.md, processes)."""

from __future__ import annotations

from core.invariants import Invariant

DOMAIN = "DOMAIN.md, processes"

INVARIANTS = [
    Invariant(
        "a run's counts are those of its ledger",
        """
        SELECT run.id FROM processes_run run LEFT JOIN (
            SELECT run_id, count(*) AS total, count(*) FILTER (WHERE result IN ('applied', 'undone', 'kept')) AS applied,
                   count(*) FILTER (WHERE result = 'skipped') AS skipped, count(*) FILTER (WHERE result = 'failed') AS failed,
                   count(*) FILTER (WHERE result = 'undone') AS undone, count(*) FILTER (WHERE result = 'kept') AS kept
              FROM processes_runitem GROUP BY run_id
        ) item ON item.run_id = run.id
         WHERE run.purged_at IS NULL AND run.state <> 'draft'
           AND (run.total, run.applied, run.skipped, run.failed, run.undone, run.kept)
               IS DISTINCT FROM (coalesce(item.total, 0), coalesce(item.applied, 0), coalesce(item.skipped, 0),
                                 coalesce(item.failed, 0), coalesce(item.undone, 0), coalesce(item.kept, 0))
        """,
        DOMAIN,
    ),
    Invariant(
        "a run's reasons add up to what was left out",
        """
        SELECT run.id FROM processes_run run
         WHERE run.skipped <> (SELECT coalesce(sum(many::bigint), 0) FROM jsonb_each_text(run.reasons) AS each(reason, many))
        """,
        DOMAIN,
    ),
    Invariant(
        "only a run that is live or being undone holds rows",
        """
        SELECT hold.scope FROM processes_runhold hold JOIN processes_run run ON run.id = hold.run_id
         WHERE run.state NOT IN ('queued', 'running', 'paused') AND NOT (run.state IN ('done', 'cancelled') AND run.undo_asked_at IS NOT NULL)
        """,
        DOMAIN,
    ),
    Invariant(
        "no run waits for a worker for ten minutes after its lease",
        """
        SELECT id FROM processes_run WHERE lease_until < now() - interval '10 minutes'
        """,
        "TRUST.md R35",
    ),
]
