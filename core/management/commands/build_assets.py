from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.asset_building import AssetError, build


class Command(BaseCommand):
    help = "Builds static_build/ (style sheet, icons, third-party modules, font) and compiles the translations"
    # It runs before there is anything to check: no database, no catalogues, no static files.
    requires_system_checks: list[str] = []  # noqa: RUF012  Django declares it as a plain class attribute

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changed = build(Path(settings.BASE_DIR))
        except AssetError as error:
            raise CommandError(str(error)) from error
        for name in changed:
            self.stdout.write(f"built {name}")
