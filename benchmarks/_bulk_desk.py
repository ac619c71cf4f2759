"""An agent at the desk, in a process of their own: reads the list over and over until somebody writes a line, then tells how long each took."""

from __future__ import annotations

import os
import select
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.test import Client

from accounts.models import User


def main() -> int:
    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.get(username="ana"))
    waits = []
    for _warming in range(20):
        ask(client)
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0.02)[0]:
        began = time.perf_counter()
        ask(client)
        waits.append((time.perf_counter() - began) * 1000)
    print(" ".join(f"{each:.2f}" for each in waits))
    return 0


def ask(client: Client) -> None:
    answer = client.get("/api/v1/conversations/?tray=in_progress")
    assert answer.status_code == 200, answer.content


if __name__ == "__main__":
    sys.exit(main())
