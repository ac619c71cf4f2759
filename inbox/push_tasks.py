"""Web push on a queue of its own: whatever a push service does, no message waits for it (R51)."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerAway

from inbox.actions import notifying
from inbox.models import PushNotice

SWEEP_LIMIT = 500


@shared_task
def tell_of_messages(conversation_ids: list[int]) -> int:
    """Customers wrote in these conversations; return how many browsers are to be told."""
    return hint(notifying.note_messages(conversation_ids))


@shared_task
def tell_of_waiting(conversation_ids: list[int]) -> int:
    """These conversations wait for somebody."""
    return hint(notifying.note_waiting(conversation_ids))


@shared_task
def tell_assignee(conversation_id: int) -> int:
    """This conversation was put into somebody's hands."""
    return hint(notifying.note_assignment(conversation_id))


@shared_task
def send_push(notice_id: int) -> bool:
    """Tell one browser of one conversation. Told twice at once, it is sent once."""
    notice = notifying.claim(notice_id)
    return notice is not None and notifying.tell(notice)


@shared_task
def sweep_pushes() -> int:
    """Hint again what is due: a lost hint, a killed worker, a push service that asked for patience."""
    notifying.forget_stale_notices()
    due = PushNotice.objects.filter(due_at__lte=timezone.now()).order_by("due_at").values_list("pk", flat=True)
    return hint(list(due[:SWEEP_LIMIT]))


def hint(notice_ids: list[int]) -> int:
    for notice_id in notice_ids:
        try:
            send_push.delay(notice_id)
        except (BrokerAway, OSError):
            # The rows stay: the next sweep hints them.
            break
    return len(notice_ids)
