"""The provider's apps that sign webhooks: their secrets are given, turned over and never read again."""

from __future__ import annotations

import re
import secrets
import uuid

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.errors import StillUsed
from campaigns.models import ChannelAccount, ProviderApp
from core import journal
from core.refusals import Invalid, NotFound
from core.text import without_nul

NAME_LENGTH = 80
# Meta's are 32 hexadecimal characters; what is far shorter is another field of its page, what is far longer a pasted text.
SECRET = re.compile(r"[!-~]{16,128}")
VERIFY_TOKEN = re.compile(r"[!-~]{8,128}")
# The newest and the one before it: deliveries signed just before the turn are still on their way.
KEPT_SECRETS = 2


@transaction.atomic
def add_app(name: str, *, by: User, app_secret: str, verify_token: str = "") -> ProviderApp:
    """Add an app. Without a verify token it gets one that nobody could guess.

    Raises:
        Invalid: the name, the secret or the token, at its field.
    """
    name = checked_name(name)
    app_secret = checked_secret(app_secret)
    if verify_token and not VERIFY_TOKEN.fullmatch(verify_token):
        raise Invalid(fields={"verify_token": [_("From 8 to 128 letters, digits and signs, without spaces.")]})
    app = ProviderApp(uuid=uuid.uuid4(), key=new_key(name), name=name)
    app.credentials = {"app_secrets": [app_secret], "verify_token": verify_token or new_verify_token()}
    app.save()
    journal.record("provider_app_added", app, by=by)
    return app


@transaction.atomic
def rotate_app_secret(app_id: int, *, by: User, app_secret: str) -> ProviderApp:
    """Put a new secret first. The one before it goes on being taken until it is dropped.

    Raises:
        NotFound. Invalid: the secret.
    """
    app = held(app_id)
    app_secret = checked_secret(app_secret)
    credentials = app.credentials or {}
    before = [each for each in credentials.get("app_secrets", []) if each != app_secret]
    app.credentials = credentials | {"app_secrets": [app_secret, *before][:KEPT_SECRETS]}
    app.save(update_fields=["credentials"])
    journal.record("provider_app_secret_rotated", app, by=by)
    return app


@transaction.atomic
def drop_old_secrets(app_id: int, *, by: User) -> bool:
    """Take only the newest secret from now on; False where there is no older one. Raises NotFound."""
    app = held(app_id)
    credentials = app.credentials or {}
    known = credentials.get("app_secrets", [])
    if len(known) < 2:
        return False
    app.credentials = credentials | {"app_secrets": known[:1]}
    app.save(update_fields=["credentials"])
    journal.record("provider_app_secret_dropped", app, by=by, details={"dropped": len(known) - 1})
    return True


@transaction.atomic
def renew_verify_token(app_id: int, *, by: User) -> str:
    """Make a new verify token and return it: the only time it is seen. Raises NotFound."""
    app = held(app_id)
    token = new_verify_token()
    app.credentials = (app.credentials or {}) | {"verify_token": token}
    app.save(update_fields=["credentials"])
    journal.record("provider_app_verify_token_renewed", app, by=by)
    return token


@transaction.atomic
def remove_app(app_id: int, *, by: User) -> None:
    """Remove an app that no account uses.

    Raises:
        NotFound. StillUsed: accounts receive through it.
    """
    app = held(app_id)
    key = app.pk
    if app.accounts.exists():
        # Another team's account keeps it in use, too, and is not named (S05).
        seen = ChannelAccount.objects.visible_to(by).filter(provider_app=app).order_by("name")
        if names := ", ".join(seen.values_list("name", flat=True)):
            raise StillUsed(_("These accounts receive through it: %(names)s.") % {"names": names})
        raise StillUsed(_("It is still used."))
    try:
        with transaction.atomic():
            app.delete()
    except ProtectedError:
        raise StillUsed(_("It is still used.")) from None
    app.pk = key
    journal.record("provider_app_removed", app, by=by, details={"key": app.key})


def held(app_id: int) -> ProviderApp:
    app = ProviderApp.objects.select_for_update().filter(pk=app_id).first()
    if app is None:
        raise NotFound
    return app


def checked_name(name: str) -> str:
    name = " ".join(without_nul(name).split())
    if not name:
        raise Invalid(fields={"name": [_("Write a name.")]})
    if len(name) > NAME_LENGTH:
        raise Invalid(fields={"name": [_("At most %(limit)d characters.") % {"limit": NAME_LENGTH}]})
    return name


def checked_secret(app_secret: str) -> str:
    app_secret = app_secret.strip()
    if not SECRET.fullmatch(app_secret):
        raise Invalid(
            fields={
                "app_secret": [
                    _("The app secret is a word of 32 letters and digits: in Meta's panel, Settings, Basic.")
                ]
            }
        )
    return app_secret


def new_key(name: str) -> str:
    """Part of a public address: it says whose it is, and is not to be guessed."""
    return f"{slugify(name)[:24] or 'app'}-{secrets.token_hex(4)}"


def new_verify_token() -> str:
    return secrets.token_urlsafe(24)
