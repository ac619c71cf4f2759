from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.translations import TranslationError, missing_translations


class Command(BaseCommand):
    help = "Fails when a string of Python, templates or JavaScript is missing, untranslated or fuzzy in es or pt_BR"
    requires_system_checks: list[str] = []  # noqa: RUF012  Django declares it as a plain class attribute

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            missing = missing_translations(Path(settings.BASE_DIR))
        except TranslationError as error:
            raise CommandError(str(error)) from error
        for gap in missing:
            self.stderr.write(str(gap))
        if missing:
            raise CommandError(
                f"{len(missing)} gaps. `manage update_translations` brings the new strings into locale/; then translate them."
            )
        self.stdout.write("Every string is translated.")
