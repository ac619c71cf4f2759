"""For data migrations: a new permission reaches the built-in roles of an installation that has them already.

A new installation gets it from ROLE_PERMISSIONS, when its roles are made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def grant(permissions: Mapping[str, tuple[str, str, str]], *, to: tuple[str, ...]) -> Callable[[Any, Any], None]:
    """Return what RunPython takes: each codename -> (app label, model, name) is made where missing and given to the roles that exist."""

    def run(apps: Any, _schema_editor: Any) -> None:
        # Django makes permissions after the migrations; here they are needed before.
        content_types = apps.get_model("contenttypes", "ContentType").objects
        for codename, (app_label, model, name) in permissions.items():
            kind, _ = content_types.get_or_create(app_label=app_label, model=model)
            permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
                content_type=kind, codename=codename, defaults={"name": name}
            )
            for group in apps.get_model("auth", "Group").objects.filter(name__in=to):
                group.permissions.add(permission)

    return run
