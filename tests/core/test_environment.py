"""What the environment may say. A wrong value stops the start with a sentence that names it."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import BASE_DIR, MODES, WrongEnvironment, read_environment

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
WHOLE = {
    "VENTANILLA_MODE": "serve",
    "DATABASE_URL": "postgresql://ana:se%3Acret@db.example.com:5433/venta%20nilla?sslmode=require",
    "REDIS_URL": "redis://127.0.0.1:6379/3",
    "SECRET_KEY": "s" * 40,
    "FIELD_KEYS": f"2027:{KEY}",
    "ALLOWED_HOSTS": "panel.example.com, localhost",
    "META_GRAPH_URL": "https://graph.facebook.com/",
    "META_APP_SECRET": "new, old",
    "META_VERIFY_TOKEN": " v ",
    "PORT": "8080",
    "HTTPS": "1",
}


def test_a_whole_environment_is_read() -> None:
    read = read_environment(WHOLE)
    assert read.database == {
        "ENGINE": "django.db.backends.postgresql", "NAME": "venta nilla", "USER": "ana", "PASSWORD": "se:cret",
        "HOST": "db.example.com", "PORT": "5433", "OPTIONS": {"sslmode": "require"},
    }  # fmt: skip
    assert (read.secret_keys, read.field_keys) == (("s" * 40,), (("2027", b"k" * 32),))
    assert (read.allowed_hosts, read.graph_url) == (("panel.example.com", "localhost"), "https://graph.facebook.com")
    assert (read.app_secrets, read.verify_token, read.port, read.is_https) == (("new", "old"), "v", 8080, True)


def test_what_is_not_said_has_a_safe_default() -> None:
    read = read_environment({"SECRET_KEY": "s" * 40, "FIELD_KEYS": f"1:{KEY}"})
    assert (read.mode, read.port, read.is_https, read.app_secrets, read.verify_token) == ("serve", 8000, False, (), "")
    assert read.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert read.graph_url == "https://graph.facebook.com"
    assert read.media_root == BASE_DIR / ".data" / "media"


def test_a_relays_port_says_how_its_line_is_kept_secret() -> None:
    assert read_environment(WHOLE).mail.backend.endswith("console.EmailBackend")
    relay = WHOLE | {
        "EMAIL_HOST": "smtp.example.com",
        "EMAIL_USER": "u",
        "EMAIL_PASSWORD": " p ",
        "DEFAULT_FROM_EMAIL": "V <v@example.com>",
    }
    mail = read_environment(relay).mail
    assert (mail.backend.split(".")[-2], mail.host, mail.port, mail.security) == (
        "smtp",
        "smtp.example.com",
        587,
        "starttls",
    )
    assert (mail.user, mail.password, mail.sender) == ("u", " p ", "V <v@example.com>")
    assert read_environment(relay | {"EMAIL_PORT": "465"}).mail.security == "tls"
    assert read_environment(relay | {"EMAIL_TLS": "none"}).mail.security == "none"


def test_a_socket_is_an_address_too() -> None:
    read = read_environment(
        WHOLE | {"DATABASE_URL": "postgresql:///v?host=/run/pg&user=u", "REDIS_URL": "unix:///run/redis.sock?db=3"}
    )
    assert (read.database["HOST"], read.database["USER"], read.database["NAME"]) == ("/run/pg", "u", "v")
    assert read.broker_url == "redis+socket:///run/redis.sock?virtual_host=3"


WRONG = [
    ("VENTANILLA_MODE", "production", "demo, serve, test, build"),
    ("VENTANILLA_MODE", "", "demo, serve, test, build"),
    ("VENTANILLA_MODE", "DEMO", "demo, serve, test, build"),
    ("DATABASE_URL", "sqlite:///db.sqlite3", "PostgreSQL"),
    ("DATABASE_URL", "mysql://u@h/db", "PostgreSQL"),
    ("DATABASE_URL", "postgresql://host", "names no database"),
    ("DATABASE_URL", "postgresql://host:port/name", "cannot be read"),
    ("DATABASE_URL", "postgresql://[::1/name", "cannot be read"),
    ("REDIS_URL", "memcached://127.0.0.1", "redis://"),
    ("REDIS_URL", "redis:", "redis://"),
    ("REDIS_URL", "127.0.0.1:6379", "redis://"),
    ("META_GRAPH_URL", "graph.facebook.com", "https://"),
    ("META_GRAPH_URL", "ftp://graph.facebook.com", "https://"),
    ("META_GRAPH_URL", "https:///nowhere", "https://"),
    ("SECRET_KEY", "short", "at least 32"),
    ("SECRET_KEY", f"{'s' * 40},short", "at least 32"),
    ("SECRET_KEY", "", "missing"),
    ("SECRET_KEY", " , ", "missing"),
    ("FIELD_KEYS", "", "missing"),
    ("FIELD_KEYS", KEY, "id:key pairs"),
    ("FIELD_KEYS", f":{KEY}", "id:key pairs"),
    ("FIELD_KEYS", "1:c2hvcnQ", "32 bytes"),
    ("FIELD_KEYS", "1:ñ", "32 bytes"),
    ("FIELD_KEYS", f"1:{KEY},1:{KEY}", "twice"),
    ("ALLOWED_HOSTS", "*", "«*»"),
    ("ALLOWED_HOSTS", "https://panel.example.com/", "host names"),
    ("ALLOWED_HOSTS", " , ", "is empty"),
    ("PORT", "http", "1 to 65535"),
    ("PORT", "0", "1 to 65535"),
    ("PORT", "65536", "1 to 65535"),
    ("PORT", "-1", "1 to 65535"),
    ("PORT", "٨٠", "1 to 65535"),
    ("PORT", "8" * 5000, "1 to 65535"),
    ("HTTPS", "maybe", "1 or 0"),
    ("TRUSTED_PROXIES", "many", "0 to 9"),
    ("TRUSTED_PROXIES", "9" * 5000, "0 to 9"),
    ("MEDIA_ROOT", str(Path(__file__)), "is a file"),
    ("STATIC_ROOT", str(Path(__file__)), "is a file"),
    ("EMAIL_HOST", "smtp://relay", "name alone"),
    ("EMAIL_PORT", "0", "1 to 65535"),
    ("EMAIL_TLS", "ssl", "starttls, tls, none"),
    ("DEFAULT_FROM_EMAIL", "Ventanilla", "an address"),
    ("DEFAULT_FROM_EMAIL", "a@example.com\nBcc: b@example.com", "an address"),
]


@pytest.mark.parametrize(
    ("name", "value", "words"), WRONG, ids=[f"{name}={value[:24]!r}" for name, value, _words in WRONG]
)
def test_a_wrong_value_is_said_in_a_sentence_that_names_it(name: str, value: str, words: str) -> None:
    with pytest.raises(WrongEnvironment) as wrong:
        read_environment(WHOLE | {name: value})
    sentence = str(wrong.value)
    assert name in sentence
    assert words in sentence
    assert sentence[0].isupper()
    assert sentence.endswith(".")


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS"])
def test_a_production_process_is_never_given_a_secret_of_its_own(name: str) -> None:
    without = {key: value for key, value in WHOLE.items() if key != name}
    for mode in MODES:
        if mode in ("test", "build"):
            first, second = (read_environment(without | {"VENTANILLA_MODE": mode}) for _each in range(2))
            # Nothing that is sealed or signed with it outlives the process.
            assert (first.secret_keys, first.field_keys) != (second.secret_keys, second.field_keys)
        else:
            with pytest.raises(WrongEnvironment, match=name):
                read_environment(without | {"VENTANILLA_MODE": mode})


@pytest.mark.parametrize(
    ("written", "meant"), [("", False), ("0", False), ("no", False), ("OFF", False), ("yes", True), ("True", True)]
)
def test_yes_and_no_may_be_written_as_people_write_them(written: str, meant: bool) -> None:
    assert read_environment(WHOLE | {"HTTPS": written}).is_https is meant


def test_the_start_stops_with_the_sentence_and_no_traceback() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], "VENTANILLA_MODE": "serve", "SECRET_KEY": "short"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 1
    assert ended.stderr.strip() == (
        "Ventanilla cannot start. SECRET_KEY is too short: use at least 32 random characters (comma-separated for rotation, newest first)."
    )
