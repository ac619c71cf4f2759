from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.asset_building import build_catalogues
from core.translations import TranslationError, update_catalogues


class Command(BaseCommand):
    help = "Brings new strings into locale/*/LC_MESSAGES/*.po, drops old ones, and compiles"
    requires_system_checks: list[str] = []  # noqa: RUF012  Django declares it as a plain class attribute

    def handle(self, *args: Any, **options: Any) -> None:
        base = Path(settings.BASE_DIR)
        try:
            changed = update_catalogues(base) + build_catalogues(base / "locale")
        except TranslationError as error:
            raise CommandError(str(error)) from error
        for name in changed:
            self.stdout.write(f"changed {name}")
