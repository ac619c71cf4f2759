"""/healthz answers whoever probes the process, by whatever name."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.django_db


def test_it_is_well_under_the_address_of_the_process_itself(settings: Settings) -> None:
    """`run.py serve` and a load balancer ask 127.0.0.1, which is none of the hosts people use; and without a certificate."""
    settings.ALLOWED_HOSTS = ["panel.example.com"]
    settings.SECURE_SSL_REDIRECT = True
    client = Client(headers={"Host": "127.0.0.1:8000"})
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["database"]) == (200, "ok")
    # The control: everything else still asks for the host.
    assert client.get("/", headers={"X-Forwarded-Proto": "https"}).status_code == 400
