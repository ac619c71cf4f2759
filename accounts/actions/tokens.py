"""Programs' ways in."""

from __future__ import annotations

import datetime
import hashlib
import secrets
import uuid

from django.db import transaction
from django.utils import timezone

from accounts.models import ApiToken, User
from core import journal


@transaction.atomic
def create_api_token(user: User, *, name: str, by: User | None, client_id: uuid.UUID | None = None) -> str:
    """Return a new token in plain: the only time it is ever seen."""
    plain = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name, digest=hashlib.sha256(plain.encode()).hexdigest(), client_id=client_id
    )
    journal.record("api_token_created", token, by=by, details={"user": user.pk})
    return plain


@transaction.atomic
def revoke_api_token(token: ApiToken, *, by: User | None) -> None:
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
    journal.record("api_token_revoked", token, by=by)


def note_token_use(token: ApiToken) -> None:
    # A minute's grain: a busy program must not cost a write per request.
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > datetime.timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
