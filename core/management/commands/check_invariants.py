"""Is everything that must always hold true right now?"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.invariants import look


class Command(BaseCommand):
    help = "Ask the database for every rule that must always hold; ends with 1 and the offending ids when one does not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object: rule to ids, and whether all is well")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(look())
        broken = {rule.name: ids for rule, ids in found if ids}
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not broken, "rules": len(found), "broken": broken}, ensure_ascii=False))
        else:
            for rule, ids in found:
                self.stdout.write(f"{'BROKEN' if ids else 'ok    '}  {rule.name}  ({rule.source})")
                if ids:
                    self.stdout.write(f"        {', '.join(ids)}")
        if broken:
            raise SystemExit(1)
