"""What must hold of bases and their members (DOMAIN.md, contacts)."""

from __future__ import annotations

from core.invariants import Invariant

DOMAIN = "DOMAIN.md, contacts"

INVARIANTS = [
    Invariant(
        "a member's attempts are the counting ones of its cycle",
        """
        SELECT member.id FROM contacts_basemember member
        LEFT JOIN LATERAL (
            SELECT count(*) AS counting FROM contacts_attempt attempt
            WHERE attempt.member_id = member.id AND attempt.cycle = member.cycle AND attempt.counts
        ) made ON true
        WHERE member.attempts <> made.counting
        """,
        DOMAIN,
    ),
    Invariant(
        "nobody who must not be contacted may be offered",
        """
        SELECT member.id FROM contacts_basemember member JOIN contacts_contact contact ON contact.id = member.contact_id
        WHERE (contact.do_not_contact OR contact.blocked)
          AND member.state IN ('unprocessed', 'retry', 'auto_callback', 'scheduled', 'reserved')
          -- Whom a merge made so is found when they would be taken: a merge rewrites no record.
          AND NOT EXISTS (SELECT FROM contacts_mergerecord merge WHERE merge.survivor_id = contact.id AND merge.undone_at IS NULL)
        """,
        "TRUST.md S64",
    ),
    Invariant(
        "no member is reserved for longer than a sweep after its time",
        "SELECT id FROM contacts_basemember WHERE reserved_until < now() - interval '5 minutes'",
        DOMAIN,
    ),
    Invariant(
        "a slice that nothing touched since is what its members are",
        """
        SELECT slice.id FROM contacts_baseslice slice
        JOIN LATERAL (
            SELECT coalesce(jsonb_object_agg(state, many), '{}') AS counts FROM (
                SELECT state, count(*) AS many FROM contacts_basemember member
                WHERE member.base_id = slice.base_id AND member.id >= slice.number << 10 AND member.id < (slice.number + 1) << 10
                GROUP BY state) AS each
        ) AS now ON true
        WHERE now.counts <> slice.counts
          AND NOT EXISTS (SELECT FROM contacts_slicetouch touch WHERE touch.base_id = slice.base_id AND touch.number = slice.number)
        """,
        DOMAIN,
    ),
    Invariant(
        "every member is in a slice that was counted or will be",
        """
        SELECT base_id || '/' || number FROM (
            SELECT DISTINCT base_id, id >> 10 AS number FROM contacts_basemember) AS stretch
        WHERE NOT EXISTS (SELECT FROM contacts_baseslice slice WHERE slice.base_id = stretch.base_id AND slice.number = stretch.number)
          AND NOT EXISTS (SELECT FROM contacts_slicetouch touch WHERE touch.base_id = stretch.base_id AND touch.number = stretch.number)
        """,
        DOMAIN,
    ),
]
