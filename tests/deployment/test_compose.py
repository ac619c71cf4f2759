"""docker-compose.yml and the proxy's configuration promise what the product needs. Docker itself does not run here."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from config.environment import WrongEnvironment, read_environment
from connectors.kinds import POLICIES, ChannelKind
from core.alive import alive_key
from core.hints import queue_of
from core.realtime.bus import client as redis_client
from runner.product import WORKERS
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
    # Whoever gives volumes their owner runs none of our code, and is told no secret.
    assert SERVICES["permissions"]["environment"] == {}
    environments = [SERVICES[name]["environment"] for name in OURS if name != "permissions"]
    assert all(each == environments[0] for each in environments)
    bare = {name: os.environ[name] for name in ("PATH",)} | {"TMPDIR": tempfile.gettempdir()}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    filled = substituted(environments[0], dot_env()) | bare
    answer = subprocess.run(command, cwd=ROOT, env=filled, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stderr


SECRETS = {
    "SECRET_KEY": "0123456789abcdefghij" * 3, "FIELD_KEYS": "k:" + "A" * 43, "POSTGRES_PASSWORD": "secret", "REDIS_PASSWORD": "secret",
    "METRICS_TOKEN": "x" * 24,
}  # fmt: skip


def dot_env() -> dict[str, str]:
    """deploy/env.example, filled in."""
    lines = [line for line in (ROOT / "deploy/env.example").read_text().splitlines() if line and line[0] != "#"]
    return dict(line.split("=", 1) for line in lines) | SECRETS


def substituted(environment: dict[str, Any], given: dict[str, str]) -> dict[str, str]:
    """As Docker Compose does: `${A:-b}` where A is empty or missing, `${A-b}` where it is missing, `${A:?}` must be there."""

    def value_of(found: re.Match[str]) -> str:
        name, mark, otherwise = found["name"], found["mark"] or "", found["otherwise"] or ""
        value = given.get(name)
        if mark == ":?":
            assert value, f"{name} is not in deploy/env.example"
        is_missing = not value if mark.startswith(":") else value is None
        return otherwise if is_missing and mark.endswith("-") else value or ""

    pattern = re.compile(r"\$\{(?P<name>\w+)(?P<mark>:?[-?])?(?P<otherwise>[^}]*)\}")
    return {name: pattern.sub(value_of, str(value)) for name, value in environment.items()}


def test_files_lie_on_the_volume_or_in_a_bucket_as_the_environment_says() -> None:
    on_disk = read_environment(substituted(SERVICES["web"]["environment"], dot_env()))
    assert (on_disk.storage["BACKEND"], on_disk.accelerated) == (
        "core.media.storage.WholeFileStorage",
        "/protected-media/",
    )
    bucket = {"MEDIA_STORAGE": "s3://files/a?region=sa-east-1", "MEDIA_ACCEL_REDIRECT": "", "AWS_ACCESS_KEY_ID": "id"}
    environment = substituted(SERVICES["worker-media"]["environment"], dot_env() | bucket)
    assert environment["AWS_ACCESS_KEY_ID"] == "id"
    assert read_environment(environment).storage["BACKEND"] == "core.media.bucket.BucketStorage"
    with pytest.raises(WrongEnvironment, match="leave it empty"):
        # The proxy would look for it on its own disk.
        read_environment(environment | {"MEDIA_ACCEL_REDIRECT": "/protected-media/"})


def test_mail_of_the_example_leaves_through_the_relay_it_names() -> None:
    mail = read_environment(
        substituted(SERVICES["web"]["environment"], dot_env() | {"EMAIL_HOST": "smtp.example.com"})
    ).mail
    assert (mail.backend, mail.host, mail.port) == (
        "django.core.mail.backends.smtp.EmailBackend",
        "smtp.example.com",
        587,
    )
    assert (mail.security, mail.sender) == ("starttls", "Ventanilla <no-reply@panel.example.com>")
    assert read_environment(substituted(SERVICES["web"]["environment"], dot_env())).mail.backend.endswith(
        "console.EmailBackend"
    )


def test_every_service_has_a_check_that_fits_what_it_does_or_none() -> None:
    dockerfile = re.sub(r"^#.*$", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    # One in the image would be everybody's: workers and the clock serve nothing, and would be ill for ever.
    assert "HEALTHCHECK" not in dockerfile
    for name, service in SERVICES.items():
        check = service["healthcheck"]
        if name in ("beat", "migrate", "permissions"):
            assert check == {"disable": True}
        elif name.startswith("worker-"):
            assert check["test"] == ["CMD", "python", "-P", "core/alive.py", *queues_of(name)]
        elif name in ("web", "live", "ingress"):
            assert "8000" in service["command"]
            assert "8000" in check["test"][-1]
            assert ("/healthz" in check["test"][-1]) == (name != "ingress")
        else:
            assert check["test"]
    waited_for = {
        name: each
        for service in SERVICES.values()
        if isinstance(service.get("depends_on"), dict)
        for name, each in service["depends_on"].items()
    }
    for name, how in waited_for.items():
        assert how["condition"] == "service_healthy" or SERVICES[name]["restart"] == "no"


def test_a_workers_check_asks_redis_for_its_own_queue_alone() -> None:
    name = f"ventanilla-{uuid.uuid4().hex}"
    environment = {
        "PATH": os.environ["PATH"],
        "REDIS_URL": settings.REDIS_URL,
        "DATABASE_URL": f"postgresql://u:p@postgres/{name}",
    }

    def ends_with(queue: str, **changed: str) -> int:
        # In the image it is the installed interpreter; here, this one.
        command = [sys.executable, *SERVICES[f"worker-{queue}"]["healthcheck"]["test"][2:]]
        return subprocess.run(command, cwd=ROOT, env=environment | changed, capture_output=True, timeout=120).returncode

    redis_client().set(alive_key(name, "media"), "1", ex=60)
    assert [ends_with(queue) for queue in ("media", "outbound")] == [0, 1]
    assert ends_with("media", REDIS_URL="redis://127.0.0.1:1/0") == 1


def test_what_services_name_is_there() -> None:
    volumes = set(read_compose()["volumes"])
    for name, service in SERVICES.items():
        for each in service.get("volumes", []):
            source = each.split(":")[0]
            if source.startswith("./"):
                assert source == "./deploy/certs" or (ROOT / source).exists(), name
            else:
                assert source in volumes, (name, source)
    assert {"media:/media", "scratch:/scratch"} <= set(SERVICES["worker-media"]["volumes"])
    assert SERVICES["web"]["environment"]["TMPDIR"] == "/scratch"
    # Debian's: another C library sorts text differently, and unique indexes of an existing volume would be wrong.
    assert re.fullmatch(r"postgres:\d+", SERVICES["postgres"]["image"])
    given = substituted({"all": (ROOT / "docker-compose.yml").read_text()}, dot_env())
    assert "${" not in given["all"]


@pytest.mark.shows("R20")
def test_one_number_that_answers_nobody_never_holds_all_threads_that_send() -> None:
    words = SERVICES["worker-outbound"]["command"].split()
    for threads in (int(words[words.index("--concurrency") + 1]), WORKERS["worker-outbound"][1]):
        assert threads > settings.OUTBOUND_CALLS_AT_ONCE
    # Who hints again what waits must not wait behind it.
    assert queue_of("inbox.tasks.sweep_outbox") != queue_of("inbox.tasks.drain_outbox") == "outbound"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_volumes_of_an_earlier_image_become_ours_once(tmp_path: Path) -> None:
    shell, option, script = shlex.split(SERVICES["permissions"]["command"].replace("$$", "$"))
    tops = [tmp_path / each for each in ("media", "static", "scratch")]
    for top in tops:
        (top / "ab").mkdir(parents=True)
        (top / "ab" / "file").write_text("x")
        for each in (top, top / "ab", top / "ab" / "file"):
            os.chown(each, 999, 999)
        top.chmod(0o750)
        script = script.replace(f"/{top.name}", str(top))
    (tops[2] / "dead").write_text("x")
    os.utime(tops[2] / "dead", (1, 1))
    subprocess.run([shell, option, script], check=True, timeout=120)
    for top in tops:
        assert {each.stat().st_uid for each in (top, top / "ab", top / "ab" / "file")} == {10001}
    assert [oct(top.stat().st_mode)[-3:] for top in tops] == ["755", "755", "700"]
    assert not (tops[2] / "dead").exists()
    # Once: what is ours already is not walked through at every start.
    os.chown(tops[0] / "ab" / "file", 999, 999)
    subprocess.run([shell, option, script], check=True, timeout=120)
    assert (tops[0] / "ab" / "file").stat().st_uid == 999


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
    # nginx reads both as a user of its own.
    assert "-m 755 /media /static" in last
    assert "--uid 10001" in last
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
    uploads = re.search(r"location = (\S+) \{\s+client_max_body_size 101m;(.*?)\n    \}", WITHOUT_COMMENTS, re.DOTALL)
    assert uploads is not None
    assert uploads[1] == reverse("api:attachments")
    assert max(each.max_bytes for each in POLICIES[ChannelKind.WHATSAPP].media.values()) < 101 * 1024 * 1024
    assert "proxy_set_header" not in uploads[2]
    # Everything else is small.
    assert sorted(re.findall(r"client_max_body_size (\w+);", WITHOUT_COMMENTS)) == ["101m", "2m", "3m"]
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


def test_the_proxy_asks_again_where_its_services_are() -> None:
    """A container that was made anew has another address: one that is asked for once, at the start, answers 502 from then on."""
    assert "resolver 127.0.0.11 valid=5s" in WITHOUT_COMMENTS
    named = re.findall(r"upstream (\w+)\s+\{ zone \1 64k;.* server \1:8000 resolve;", WITHOUT_COMMENTS)
    assert (
        sorted(named)
        == sorted(set(re.findall(r"proxy_pass http://(\w+);", WITHOUT_COMMENTS)))
        == ["ingress", "live", "web"]
    )
    # `resolve` came to the free nginx with 1.27.3.
    assert tuple(int(each) for each in re.findall(r"\d+", SERVICES["proxy"]["image"])) >= (1, 28)


def test_commands_are_found_in_this_very_interpreter() -> None:
    assert command_of("live", port=9000)[2:] == [
        "daphne", "-b", "127.0.0.1", "-p", "9000", "-v", "0", "config.asgi:application",
    ]  # fmt: skip
