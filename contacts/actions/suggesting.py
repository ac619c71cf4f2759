"""Who may be one person: noted when it shows, looked for in the background, and dismissed by whoever knows better."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.actions.merging import require_right
from contacts.models import Contact, MergeSuggestion
from core.journal import record
from core.refusals import NotFound

Reason = MergeSuggestion.Reason


@transaction.atomic
def dismiss_suggestion(suggestion_id: int, *, by: User) -> MergeSuggestion:
    """«They are two people»: it is not suggested again for this reason. Repeating it changes nothing.

    Raises:
        NotAllowed: without the right to join contacts. NotFound: either contact is not for this user to see.
    """
    require_right(by)
    seen = Contact.objects.visible_to(by).values("pk")
    found: MergeSuggestion | None = (
        MergeSuggestion.objects.select_for_update(of=("self",))
        .filter(pk=suggestion_id, first__in=seen, second__in=seen)
        .first()
    )
    if found is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    if found.dismissed_at is None:
        found.dismissed_at, found.dismissed_by = timezone.now(), by
        found.save(update_fields=["dismissed_at", "dismissed_by"])
        record(
            "merge_suggestion_dismissed",
            found,
            by=by,
            details={"contact_ids": [found.first_id, found.second_id], "reason": found.reason},
        )
    return found


def look_for_twins(after: int, *, limit: int = 2_000) -> int | None:
    """Note who may be one person among the next `limit` contacts by key after `after`; return where to go on, or None at the end.

    Each step asks indexes by the chunk's own values, so that it costs the same at a thousand contacts and at a million: the same
    number on another medium, the same document number under another type, the same address of e-mail on another medium.
    Repeating it adds nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM contacts_contact WHERE id > %s ORDER BY id LIMIT %s", [after, limit])
        ids = [pk for (pk,) in cursor.fetchall()]
    if not ids:
        return None
    note_twins(ids)
    return ids[-1] if len(ids) == limit else None


def note_twins(contact_ids: Iterable[int]) -> int:
    """Note whoever may be the same person as one of these; return how many pairs are new."""
    ids = list(contact_ids)
    noted = 0
    with transaction.atomic(), connection.cursor() as cursor:
        for reason, question in QUESTIONS.items():
            # A number or address that dozens share (a switchboard, «no tiene») says nothing about who is who.
            cursor.execute(INSERT.format(question=question), {"ids": ids, "reason": reason, "most": SHARED_BY_MANY})
            noted += cursor.rowcount
    return noted


SHARED_BY_MANY = 5

INSERT = """
    WITH pairs AS ({question}),
         standing AS (
             SELECT DISTINCT least(a, b) AS first, greatest(a, b) AS second FROM (
                 SELECT coalesce(mine.merged_into_id, mine.id) AS a, coalesce(other.merged_into_id, other.id) AS b
                   FROM pairs
                   JOIN contacts_contact mine ON mine.id = pairs.mine AND mine.erased_at IS NULL
                   JOIN contacts_contact other ON other.id = pairs.other AND other.erased_at IS NULL
             ) AS resolved WHERE a <> b
         )
    INSERT INTO contacts_mergesuggestion (first_id, second_id, reason)
    SELECT first, second, %(reason)s FROM standing
     WHERE NOT EXISTS (
         SELECT FROM contacts_mergesuggestion known
          WHERE known.first_id = standing.first AND known.second_id = standing.second AND known.reason = %(reason)s
     )
    ON CONFLICT DO NOTHING
"""

# Each: who of the chunk shares what with whom, by an index of its own.
QUESTIONS = {
    Reason.NUMBER: """
        SELECT mine.contact_id AS mine, other.contact_id AS other
          FROM contacts_contactpoint mine
          CROSS JOIN LATERAL unnest(mine.variants || ltrim(mine.normalised, '+')::varchar) AS form
          JOIN contacts_contactpoint other
            ON other.kind IN ('phone', 'whatsapp') AND other.scope = '' AND other.normalised = '+' || form
         WHERE mine.contact_id = ANY(%(ids)s) AND mine.kind IN ('phone', 'whatsapp') AND mine.scope = ''
           AND other.contact_id <> mine.contact_id AND form NOT LIKE '0%%'
    """,
    Reason.EMAIL: """
        SELECT mine.contact_id AS mine, other.contact_id AS other
          FROM contacts_contactpoint mine
          JOIN contacts_contactpoint other
            ON other.kind IN ('email', 'webchat', 'apple') AND other.scope = '' AND other.normalised = mine.normalised
         WHERE mine.contact_id = ANY(%(ids)s) AND mine.scope = '' AND mine.normalised LIKE '%%@%%'
           AND other.contact_id <> mine.contact_id
    """,
    Reason.DOCUMENT: """
        SELECT mine.id AS mine, other.id AS other
          FROM contacts_contact mine
          JOIN contacts_contact other ON other.document_number = mine.document_number
         WHERE mine.id = ANY(%(ids)s) AND mine.document_number <> '' AND other.document_number <> ''
           AND other.id <> mine.id
           AND (SELECT count(*) FROM (
                    SELECT FROM contacts_contact same WHERE same.document_number = mine.document_number AND same.document_number <> ''
                     LIMIT %(most)s + 1) AS counted) <= %(most)s
    """,
}
