"""Somebody who signs in."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.actions import ROLE_PERMISSIONS, create_user, ensure_team, seed_roles_and_aux_states
from accounts.models import User
from campaigns.actions import add_agent, ensure_campaign
from core.refusals import Refusal


class Command(BaseCommand):
    help = "Makes a user. --team and --campaign make what is missing; with --campaign the user is one of its agents."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", required=True, choices=sorted(ROLE_PERMISSIONS))
        parser.add_argument("--team", default="")
        parser.add_argument("--campaign", default="")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--password", default="", help="«-» reads it from standard input; without it you are asked")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        password = read_password(options["password"])
        try:
            validate_password(
                password,
                User(username=options["username"], first_name=options["first_name"], last_name=options["last_name"]),
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        seed_roles_and_aux_states()
        team = ensure_team(options["team"]) if options["team"] else None
        campaign = ensure_campaign(options["campaign"], team=team) if options["campaign"] else None
        team = team or (campaign.team if campaign else None)
        try:
            user = create_user(
                options["username"],
                role=options["role"],
                password=password,
                teams=[team] if team else [],
                first_name=options["first_name"],
                last_name=options["last_name"],
            )
        except Refusal as refusal:
            raise CommandError(" ".join(text for texts in refusal.fields.values() for text in texts)) from None
        if campaign is not None:
            add_agent(campaign, user, by=None)
        self.stdout.write(f"User «{user.username}» is ready: {options['role']}.")


def read_password(given: str) -> str:
    if given == "-":
        return sys.stdin.readline().rstrip("\r\n")
    if given:
        return given
    if not sys.stdin.isatty():
        raise CommandError("Give the password with --password, or --password - and on standard input.")
    return getpass.getpass("Password: ")
