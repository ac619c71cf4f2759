"""People who manage, and the clients they sit at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.models import User


@pytest.fixture
def browse() -> Callable[[User], Client]:
    def sit(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sit


@pytest.fixture
def with_rights() -> Callable[..., User]:
    """`with_rights(cast.luis, "manage_users")`: Luis gets a role of his own with these permissions too."""

    def give(user: User, *codenames: str) -> User:
        role, _created = Group.objects.get_or_create(name=f"own role of {user.username}")
        role.permissions.add(*Permission.objects.filter(codename__in=codenames))
        user.groups.add(role)
        return User.objects.get(pk=user.pk)

    return give


def fields(response: Any) -> dict[str, list[str]]:
    """What the page says at each field."""
    return {name: [str(each) for each in errors] for name, errors in response.context["form"].errors.items()}
