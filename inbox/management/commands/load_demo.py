"""The demo's people, campaign and number. Run once by `run.py demo`; repeating it changes nothing."""

from __future__ import annotations

import json
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.actions import create_user, ensure_team
from accounts.models import User
from campaigns.actions import add_agent, ensure_campaign, save_whatsapp_account

PEOPLE = [
    ("ana", "Ana", "Gómez", "agent"),
    ("luis", "Luis", "Ferreira", "supervisor"),
    ("admin", "Alma", "Duarte", "admin"),
]


class Command(BaseCommand):
    help = (
        "Loads the demo: ana, luis and admin, a campaign, and the simulated WhatsApp number. Prints the logins as JSON."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        missing = [
            name
            for name in ("DEMO_PASSWORD", "DEMO_TOKEN", "DEMO_PHONE_NUMBER_ID", "DEMO_WABA_ID")
            if not os.environ.get(name)
        ]
        if missing:
            raise CommandError(f"{', '.join(missing)} must be set: `python3 run.py` does it.")
        password = os.environ["DEMO_PASSWORD"]
        team = ensure_team("Ventas Asunción")
        campaign = ensure_campaign("Altas noviembre", team=team, client="Fibra Sur", project="Ventas hogar")
        for username, first_name, last_name, role in PEOPLE:
            if User.objects.filter(username=username).exists():
                continue
            teams = [team] if role != "admin" else []
            user = create_user(
                username, role=role, password=password, teams=teams, first_name=first_name, last_name=last_name
            )
            if role == "agent":
                add_agent(campaign, user, by=None)
        save_whatsapp_account(
            name="WhatsApp Ventas PY",
            phone_number_id=os.environ["DEMO_PHONE_NUMBER_ID"],
            waba_id=os.environ["DEMO_WABA_ID"],
            token=os.environ["DEMO_TOKEN"],
            campaign=campaign,
            display_number=os.environ.get("DEMO_DISPLAY_NUMBER", ""),
        )
        self.stdout.write(
            json.dumps(
                [{"username": username, "password": password, "role": role} for username, _f, _l, role in PEOPLE]
            )
        )
