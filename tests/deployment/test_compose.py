"""docker-compose.yml and the proxy's configuration promise what the product needs. Docker itself does not run here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

from tests.deployment.compose import command_of, read_compose
from tests.stack import ROOT

SERVICES: dict[str, Any] = read_compose()["services"]
OURS = [name for name, service in SERVICES.items() if service.get("image") == "ventanilla"]
NGINX = (ROOT / "deploy/nginx.conf.template").read_text()
WITHOUT_COMMENTS = "\n".join(line.partition("#")[0] for line in NGINX.splitlines())


def queues_of(service: str) -> list[str]:
    words = SERVICES[service]["command"].split()
    return words[words.index("-Q") + 1].split(",")


def test_every_queue_is_served_by_a_service_of_its_own_and_every_task_goes_to_one_of_them() -> None:
    served = [queue for name in OURS if name.startswith("worker-") for queue in queues_of(name)]
    assert sorted(served) == sorted(settings.WORK_QUEUES)
    assert all(len(queues_of(name)) == 1 for name in OURS if name.startswith("worker-"))
    assert {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} <= set(settings.WORK_QUEUES)


def test_all_processes_have_the_same_environment_and_it_is_enough_to_start() -> None:
    environments = [SERVICES[name]["environment"] for name in OURS]
    assert all(each == environments[0] for each in environments)
    filled = {name: re.sub(r"\$\{(\w+)[^}]*\}", r"\1", str(value)) for name, value in environments[0].items()}
    filled |= {
        "SECRET_KEY": "0123456789abcdefghij" * 3, "FIELD_KEYS": "k:" + "A" * 43, "ALLOWED_HOSTS": "panel.example.com", "HTTPS": "1",
        "TRUSTED_PROXIES": "1", "METRICS_TOKEN": "x" * 24, "EMAIL_BACKEND": "",
    }  # fmt: skip
    bare = {name: os.environ[name] for name in ("PATH",)}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    answer = subprocess.run(command, cwd=ROOT, env=bare | filled, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.shows("S60")
def test_the_database_and_redis_are_on_no_port_and_ask_for_a_password() -> None:
    for name in ("postgres", "redis"):
        assert "ports" not in SERVICES[name]
        assert SERVICES[name]["networks"] == ["inside"]
    assert read_compose()["networks"]["inside"] == {"internal": True}
    assert "--requirepass ${REDIS_PASSWORD:?" in SERVICES["redis"]["command"]
    assert ":?" in SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"]
    # Only the proxy is reached from outside.
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_the_image_runs_as_nobody_in_particular_and_carries_no_tools() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    last = dockerfile.rpartition("\nFROM ")[2]
    assert "\nUSER ventanilla\n" in last
    assert "HEALTHCHECK" in last
    assert "requirements.txt" in dockerfile
    assert not re.search(r"requirements-(dev|embedded)", dockerfile)
    assert all(SERVICES[name]["read_only"] and SERVICES[name]["cap_drop"] == ["ALL"] for name in OURS)
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".env", ".data", "deploy/certs"} <= set(ignored)


@pytest.mark.shows("S18", "S23")
def test_the_proxy_says_anew_who_the_visitor_is_and_limits_what_providers_send() -> None:
    set_headers = dict(re.findall(r"proxy_set_header (\S+) (\S+);", WITHOUT_COMMENTS))
    assert set_headers["X-Forwarded-For"] == "$remote_addr"
    assert "$proxy_add_x_forwarded_for" not in WITHOUT_COMMENTS
    # A location that sets one header inherits none: `/ws/` names what it changes, so it must say the others again or change none.
    webhooks = re.search(r"location /webhooks/ \{(.*?)\n    \}", WITHOUT_COMMENTS, re.DOTALL)
    assert webhooks is not None
    assert "client_max_body_size 3m;" in webhooks[1]
    assert settings.WEBHOOK_BODY_LIMIT == 3 * 1024 * 1024
    assert "proxy_set_header" not in webhooks[1]
    sockets = re.search(r"location = /ws/ \{(.*?)\n    \}", WITHOUT_COMMENTS, re.DOTALL)
    assert sockets is not None
    assert {"Upgrade", "Connection", "Host", "X-Forwarded-For", "X-Forwarded-Proto"} <= {
        name for name, _value in re.findall(r"proxy_set_header (\S+) (\S+);", sockets[1])
    }


@pytest.mark.shows("S43", "S45")
def test_the_proxy_gives_away_neither_files_nor_figures() -> None:
    media = re.search(r"location /protected-media/ \{(.*?)\n    \}", WITHOUT_COMMENTS, re.DOTALL)
    assert media is not None
    assert "internal;" in media[1]
    for path in ("/metrics", "/healthz"):
        assert f"location = {path} {{ return 404; }}" in WITHOUT_COMMENTS
    assert "autoindex on" not in WITHOUT_COMMENTS


def test_commands_are_found_in_this_very_interpreter() -> None:
    assert command_of("live", port=9000)[2:] == [
        "daphne", "-b", "127.0.0.1", "-p", "9000", "-v", "0", "config.asgi:application",
    ]  # fmt: skip
