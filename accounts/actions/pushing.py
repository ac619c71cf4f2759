"""Browsers that asked to be woken: kept with their session, told something, given up (S12, S41, S59, R51)."""

from __future__ import annotations

import datetime
import time
from typing import Any

import orjson
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from accounts import sessions
from accounts.models import PushSettings, PushSubscription, User
from connectors import webpush
from core import journal
from core.refusals import Invalid, NotAllowed

MOST_OF_ONE_USER = 20
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 15, 30 * 60
# A push service that did not take anything for so long has forgotten that browser, whatever it answers.
GIVEN_UP_AFTER = datetime.timedelta(days=3)


def push_settings() -> PushSettings:
    """The installation's one row, with a key pair. Two that make it at once get the same one."""
    found = PushSettings.objects.first()
    return found if found is not None and found.public_key else make_key()


@transaction.atomic
def make_key() -> PushSettings:
    PushSettings.objects.bulk_create([PushSettings()], ignore_conflicts=True)
    row = PushSettings.objects.select_for_update().get()
    if not row.public_key:
        row.private_key = webpush.make_private_key()
        row.public_key = webpush.public_key_of(row.private_key)
        row.save(update_fields=["private_key", "public_key"])
    return row


def sender() -> webpush.Sender:
    """Who we are to push services: the environment's key, or the installation's own."""
    private_key = settings.VAPID_PRIVATE_KEY or push_settings().private_key
    return webpush.Sender(private_key=private_key, subject=settings.VAPID_SUBJECT)


def public_key() -> str:
    if settings.VAPID_PRIVATE_KEY:
        return webpush.public_key_of(settings.VAPID_PRIVATE_KEY)
    return push_settings().public_key


@transaction.atomic
def show_previews(*, by: User, shows_preview: bool) -> None:
    """Decide whether notifications may name the customer and quote them (S59)."""
    row = PushSettings.objects.select_for_update().get(pk=push_settings().pk)
    if row.shows_preview == shows_preview:
        return
    PushSettings.objects.filter(pk=row.pk).update(shows_preview=shows_preview)
    journal.record("push_previews_decided", row, by=by, details={"shows_preview": shows_preview})


@transaction.atomic
def subscribe(user: User, *, session_key: str, endpoint: str, p256dh: str, auth: str, label: str) -> PushSubscription:
    """Keep a browser's subscription with the session it was made in. The same one again changes nothing but its session.

    A browser where somebody else signs in brings the same endpoint: it is theirs from now on, which only who holds its keys can say.

    Raises:
        Invalid: not the address of a push service, or no keys. NotAllowed: the session has just ended.
    """
    browser = webpush.Browser(endpoint=endpoint, p256dh=p256dh, auth=auth)
    try:
        webpush.check_browser(browser, hosts=settings.PUSH_HOSTS)
    except webpush.EndpointRefused:
        raise Invalid(
            _("This browser's notification service is not known here."),
            fields={"endpoint": [_("This browser's notification service is not known here.")]},
        ) from None
    # The user's row is the lock: the number below holds for two tabs at once.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    held = PushSubscription.objects.select_for_update().filter(endpoint=endpoint).first()
    if held is not None and held.user_id != user.pk and not is_same_browser(held, browser):
        raise Invalid(_("This browser's notification service is not known here."), fields={"endpoint": []})
    # Held until the commit: a session that ends meanwhile waits, and takes its subscription along.
    session = Session.objects.select_for_update(no_key=True).filter(pk=session_key).first()
    if session is None:
        raise NotAllowed(_("Your session has ended. Sign in again."))
    kept, _created = PushSubscription.objects.update_or_create(
        endpoint=endpoint,
        defaults={
            "user": user, "session": session, "p256dh": p256dh, "auth": auth, "label": label[:120],
            "public_key": public_key(), "failures": 0, "failing_since": None, "quiet_until": None,
        },
    )  # fmt: skip
    oldest = PushSubscription.objects.filter(user=user).order_by("-created_at", "-pk").values_list("pk", flat=True)
    PushSubscription.objects.filter(pk__in=list(oldest[MOST_OF_ONE_USER:])).delete()
    return kept


def is_same_browser(held: PushSubscription, browser: webpush.Browser) -> bool:
    return constant_time_compare(held.auth, browser.auth) and constant_time_compare(held.p256dh, browser.p256dh)


def unsubscribe(user: User, *, endpoint: str) -> None:
    """Forget one of the user's browsers. One that is not there is forgotten already."""
    PushSubscription.objects.filter(user=user, endpoint=endpoint).delete()


def forget_all_of(user_id: int) -> None:
    """No browser of theirs is woken any more: every session of theirs ended (S12)."""
    PushSubscription.objects.filter(user_id=user_id).delete()


def is_alive(subscription: PushSubscription) -> bool:
    """Whether its session still stands: not over by its day or idle hour, and of this very user as they are now."""
    user, kept = subscription.user, subscription.session
    values: dict[str, Any] = kept.get_decoded()
    return (
        user.is_active
        and kept.expire_date > timezone.now()
        and not sessions.is_expired(values, now=time.time())
        and values.get(SESSION_KEY) == str(user.pk)
        and constant_time_compare(values.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    )


def deliver(subscription: PushSubscription, message: dict[str, Any], *, topic: str = "") -> bool:
    """Send one message to one browser, outside of any transaction. Tell whether it is settled: sent, refused or the browser gone.

    False: not now. The subscription keeps quiet for a while (`quiet_until`), longer each time (R51).
    """
    if not is_alive(subscription) or subscription.public_key != public_key():
        PushSubscription.objects.filter(pk=subscription.pk).delete()
        return True
    browser = webpush.Browser(subscription.endpoint, subscription.p256dh, subscription.auth)
    try:
        webpush.send(browser, orjson.dumps(message), sender=sender(), hosts=settings.PUSH_HOSTS, topic=topic)
    except (webpush.PushGone, webpush.EndpointRefused):
        PushSubscription.objects.filter(pk=subscription.pk).delete()
        return True
    except webpush.PushHeldUp as held_up:
        back_off(subscription, retry_after=held_up.retry_after)
        return False
    except webpush.PushRefused:
        return True
    PushSubscription.objects.filter(pk=subscription.pk).update(
        last_sent_at=timezone.now(), failures=0, failing_since=None, quiet_until=None
    )
    return True


@transaction.atomic
def back_off(subscription: PushSubscription, *, retry_after: float) -> None:
    held = PushSubscription.objects.select_for_update().filter(pk=subscription.pk).first()
    if held is None:
        return
    now = timezone.now()
    if held.failing_since is not None and now - held.failing_since > GIVEN_UP_AFTER:
        held.delete()
        return
    pause = min(LONGEST_PAUSE_SECONDS, max(retry_after, FIRST_PAUSE_SECONDS * 2 ** min(held.failures, 10)))
    held.failures += 1
    held.failing_since = held.failing_since or now
    held.quiet_until = now + datetime.timedelta(seconds=pause)
    held.save(update_fields=["failures", "failing_since", "quiet_until"])
