"""The request of a view that only signed-in users reach, for the type checker: its user is never anonymous."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.request import Request

if TYPE_CHECKING:
    from accounts.models import User

    class SignedInRequest(Request):
        """Every REST view has IsAuthenticated, so `user` is a User by the time a handler runs."""

        user: User
else:
    SignedInRequest = Request
