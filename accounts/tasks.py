"""What time does to people's presence."""

from __future__ import annotations

from celery import shared_task
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.actions import close_abandoned_intervals, note_overruns, pushing
from accounts.models import PushSubscription


@shared_task
def sweep_abandoned() -> int:
    """Take whoever closed the laptop without signing out off their auxiliary."""
    return close_abandoned_intervals()


@shared_task
def sweep_overruns() -> int:
    """Tell who is in an auxiliary for longer than it allows."""
    return note_overruns()


@shared_task
def send_test_push(subscription_id: int) -> None:
    """Show somebody that notifications reach this browser (004-35)."""
    subscription = PushSubscription.objects.select_related("user", "session").filter(pk=subscription_id).first()
    if subscription is None:
        return
    with translation.override(subscription.user.language):
        message = {
            "kind": "test",
            "title": _("Notifications work"),
            "body": _("This is how a new message will reach you."),
        }
    pushing.deliver(subscription, message, topic="test")
