"""A user's ways in, as an administrator sees them: sessions, second factor, programs' tokens."""

from __future__ import annotations

import uuid

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.rights import refuse_becoming, user_within_reach
from accounts.actions.sessions import revoke_access
from accounts.actions.states import hold_user, leave
from accounts.actions.tokens import create_api_token, revoke_api_token
from accounts.models import ApiToken, User
from core import journal
from core.refusals import Invalid, NotFound, Refusal


class AlreadyMade(Refusal):
    """The same request made it before: what it showed once is not shown again."""

    code = "already_made"


@transaction.atomic
def end_sessions(user_id: int, *, by: User) -> User:
    """End every session of a user within reach: their tabs close at once (S12), and what they had in hand is for others (B-06)."""
    user = user_within_reach(user_id, by=by)
    hold_user(user)
    revoke_access(user.pk, by=by)
    leave(user.pk)
    return user


@transaction.atomic
def reset_second_factor(user_id: int, *, by: User) -> User:
    """Take away a lost second factor. The sessions end too: whoever holds one may be who took the telephone."""
    user = user_within_reach(user_id, by=by)
    Authenticator.objects.filter(user=user).delete()
    revoke_access(user.pk, by=by, verb="second_factor_reset")
    return user


@transaction.atomic
def make_token(user_id: int, *, name: str, client_id: uuid.UUID, by: User) -> str:
    """Return a new token of a user within reach, in plain, this once.

    Raises:
        AlreadyMade: this request was sent before; a token that was not copied is revoked and made anew.
    """
    user = user_within_reach(user_id, by=by)
    refuse_becoming(user, by=by)
    if not name.strip():
        raise Invalid(fields={"name": [_("Say what it is for.")]})
    if not user.is_active:
        raise Invalid(_("A deactivated user has no tokens."))
    if ApiToken.objects.filter(client_id=client_id).exists():
        raise AlreadyMade(
            _("This token was made already and is shown once only. If you did not copy it, revoke it and make another.")
        )
    return create_api_token(user, name=name.strip(), by=by, client_id=client_id)


@transaction.atomic
def withdraw_token(user_id: int, token_id: int, *, by: User) -> None:
    """Revoke a token of a user within reach; repeating it changes nothing."""
    user = user_within_reach(user_id, by=by)
    token = ApiToken.objects.filter(user=user, pk=token_id).first()
    if token is None:
        raise NotFound(_("There is no such token."))
    if token.revoked_at is None:
        revoke_api_token(token, by=by)


def note_invitation(user: User, *, by: User) -> None:
    """Somebody was sent the link to choose their password."""
    journal.record("user_invited", user, by=by)
