"""What the environment says, checked once. A wrong value stops the start with a sentence that names it."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
MODES = ("demo", "serve", "test", "build")
MAIL_SECURITY = ("starttls", "tls", "none")
SMTPS_PORT = 465
# Chrome and Edge's older service, Firefox, Windows, Safari. Nobody else's browser has a push service of its own.
PUSH_HOSTS = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.notify.windows.com",
    "web.push.apple.com",
)


class WrongEnvironment(Exception):
    """One environment variable holds what it may not. The text is a whole sentence that names it."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """How mail leaves. `security` is what the connection to `host` uses: starttls, tls or none."""

    backend: str
    host: str
    port: int
    user: str
    password: str
    security: str
    sender: str


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The installation's settings, typed. `database` is Django's own dictionary form."""

    mode: str
    database: dict[str, object]
    redis_url: str
    secret_keys: tuple[str, ...]
    field_keys: tuple[tuple[str, bytes], ...]
    allowed_hosts: tuple[str, ...]
    graph_url: str
    call_address: str
    app_secrets: tuple[str, ...]
    verify_token: str
    media_root: Path
    static_root: Path
    storage: dict[str, object]
    accelerated: str
    port: int
    is_https: bool
    trusted_proxies: int
    mail: Mail
    metrics_token: str
    push_hosts: tuple[str, ...]
    vapid_private_key: str
    vapid_subject: str
    transfer_within_one_campaign: bool

    @property
    def broker_url(self) -> str:
        """The same Redis in kombu's own spelling: a socket's scheme and the name of the database's number differ."""
        parts = urlsplit(self.redis_url)
        if parts.scheme != "unix":
            return self.redis_url
        database = dict(parse_qsl(parts.query)).get("db", "0")
        return f"redis+socket://{parts.path}?virtual_host={database}"


def read_environment(environ: Mapping[str, str]) -> Environment:
    """Return the checked environment.

    Modes: `demo` and `serve` are set by run.py, `test` by the tests, `build` by steps that need no secret (assets, migrations
    check). Without a mode it is a production process, which must be given its secrets.

    Raises:
        WrongEnvironment: naming the variable and what it should hold.
    """
    mode = environ.get("VENTANILLA_MODE", "serve")
    if mode not in MODES:
        raise WrongEnvironment(f"VENTANILLA_MODE is «{mode}»; it must be one of {', '.join(MODES)}.")
    return Environment(
        mode=mode,
        database=read_database(environ.get("DATABASE_URL", "postgresql:///ventanilla")),
        redis_url=read_url(environ, "REDIS_URL", "redis://127.0.0.1:6379/0", ("redis", "rediss", "unix")),
        secret_keys=read_secret_keys(environ, mode),
        field_keys=read_field_keys(environ, mode),
        allowed_hosts=read_hosts(environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")),
        call_address=read_call_address(environ.get("CALL_ADDRESS", "").strip() or "tel:{number}"),
        graph_url=read_url(environ, "META_GRAPH_URL", "https://graph.facebook.com", ("http", "https")).rstrip("/"),
        app_secrets=words(environ.get("META_APP_SECRET", "")),
        verify_token=environ.get("META_VERIFY_TOKEN", "").strip(),
        media_root=read_folder(environ, "MEDIA_ROOT", BASE_DIR / ".data" / "media"),
        static_root=read_folder(environ, "STATIC_ROOT", BASE_DIR / "static_root"),
        storage=read_storage(environ.get("MEDIA_STORAGE", "").strip()),
        accelerated=read_accelerated(environ),
        port=read_port(environ.get("PORT", "8000")),
        is_https=read_flag(environ, "HTTPS", default=False),
        trusted_proxies=read_count(environ, "TRUSTED_PROXIES"),
        mail=read_mail(environ),
        metrics_token=read_metrics_token(environ),
        push_hosts=read_push_hosts(environ.get("PUSH_HOSTS", "")),
        vapid_private_key=read_vapid_key(environ.get("VAPID_PRIVATE_KEY", "").strip()),
        vapid_subject=read_vapid_subject(environ.get("VAPID_SUBJECT", "").strip()),
        transfer_within_one_campaign=read_flag(environ, "TRANSFER_WITHIN_ONE_CAMPAIGN", default=False),
    )


def read_database(url: str) -> dict[str, object]:
    """postgresql://user:password@host:port/name?host=/socket/folder -> Django's dictionary."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise WrongEnvironment(f"DATABASE_URL cannot be read: {error}.") from None
    if parts.scheme not in ("postgres", "postgresql"):
        raise WrongEnvironment(
            f"DATABASE_URL starts with «{parts.scheme or url}»; Ventanilla needs PostgreSQL: postgresql://user:password@host/name."
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise WrongEnvironment("DATABASE_URL names no database: postgresql://user:password@host/name.")
    query = dict(parse_qsl(parts.query))
    options = {key: value for key, value in query.items() if key not in ("host", "port", "user", "password")}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or query.get("user", "")),
        "PASSWORD": unquote(parts.password or query.get("password", "")),
        "HOST": unquote(parts.hostname or "") or query.get("host", ""),
        "PORT": str(port or query.get("port", "")),
        "OPTIONS": options,
    }


def read_url(environ: Mapping[str, str], name: str, default: str, schemes: tuple[str, ...]) -> str:
    value = environ.get(name, "").strip() or default
    try:
        parts = urlsplit(value)
        # A socket has a path, everything else a host; asking for the port refuses what is no number.
        is_whole = bool(parts.path if parts.scheme == "unix" else parts.hostname) and parts.port != 0
    except ValueError as error:
        raise WrongEnvironment(f"{name} cannot be read: {error}.") from None
    if parts.scheme not in schemes or not is_whole:
        raise WrongEnvironment(
            f"{name} is «{value}»; it must be an address that starts with {' or '.join(f'{s}://' for s in schemes)}."
        )
    return value


def read_call_address(value: str) -> str:
    """Where «Llamar» leads: `{number}` is replaced by the number, with its plus. A device's telephone, a softphone, or an exchange's page."""
    scheme = value.partition(":")[0].lower()
    if "{number}" not in value or scheme not in ("tel", "sip", "sips", "callto", "https", "http"):
        raise WrongEnvironment(
            f"CALL_ADDRESS is «{value}»; it must be an address with {{number}} in it, such as tel:{{number}} or https://exchange/call?to={{number}}."
        )
    return value


def read_secret_keys(environ: Mapping[str, str], mode: str) -> tuple[str, ...]:
    keys = words(environ.get("SECRET_KEY", ""))
    if not keys:
        return (throwaway_or_refuse("SECRET_KEY", mode, secrets.token_urlsafe(50)),)
    for key in keys:
        if len(key) < 32:
            raise WrongEnvironment(
                "SECRET_KEY is too short: use at least 32 random characters (comma-separated for rotation, newest first)."
            )
    return keys


def read_field_keys(environ: Mapping[str, str], mode: str) -> tuple[tuple[str, bytes], ...]:
    """`id:base64,id:base64`, newest first: the keys that seal credentials at rest (AES-256)."""
    pairs = words(environ.get("FIELD_KEYS", ""))
    if not pairs:
        pairs = (
            throwaway_or_refuse(
                "FIELD_KEYS", mode, "throwaway:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
            ),
        )
    keys: list[tuple[str, bytes]] = []
    for pair in pairs:
        key_id, _, encoded = pair.partition(":")
        try:
            key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except (binascii.Error, ValueError):
            key = b""
        if not key_id or len(key) != 32:
            raise WrongEnvironment(
                "FIELD_KEYS must hold id:key pairs, comma-separated, newest first; each key is 32 bytes in base64."
            )
        if key_id in dict(keys):
            raise WrongEnvironment(f"FIELD_KEYS names the key «{key_id}» twice.")
        keys.append((key_id, key))
    return tuple(keys)


def throwaway_or_refuse(name: str, mode: str, value: str) -> str:
    # Only where nothing lasts: a production process with a key of its own would lock everybody out at its next start.
    if mode in ("test", "build"):
        return value
    raise WrongEnvironment(
        f"{name} is missing. `python3 run.py` makes one and keeps it; elsewhere set it in the environment."
    )


def read_hosts(value: str) -> tuple[str, ...]:
    hosts = words(value)
    if not hosts:
        raise WrongEnvironment(
            "ALLOWED_HOSTS is empty; name the hosts people use to reach Ventanilla, comma-separated."
        )
    for host in hosts:
        if host == "*" or "/" in host:
            raise WrongEnvironment(
                f"ALLOWED_HOSTS holds «{host}»; it takes host names such as panel.example.com, never «*» or an address with a path."
            )
    return hosts


def read_folder(environ: Mapping[str, str], name: str, default: Path) -> Path:
    folder = Path(environ.get(name, "").strip() or default).expanduser()
    if folder.exists() and not folder.is_dir():
        raise WrongEnvironment(f"{name} is «{folder}», which is a file; it must be a folder.")
    return folder.resolve()


def read_storage(value: str) -> dict[str, object]:
    """`s3://bucket/prefix?endpoint=https://…&region=…` -> Django's dictionary form of a storage; empty: files below MEDIA_ROOT."""
    if not value:
        return {"BACKEND": "core.media.storage.WholeFileStorage"}
    wrong = WrongEnvironment(
        f"MEDIA_STORAGE is «{value.partition('?')[0]}»; leave it empty for files below MEDIA_ROOT, or name a bucket: s3://bucket/prefix?endpoint=https://host."
    )
    try:
        parts = urlsplit(value)
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        endpoint = urlsplit(dict(query).get("endpoint", "https://s3.example.com"))
        # Keys in an address end up in process lists and logs; boto reads its own two variables.
        is_whole = parts.netloc == parts.hostname and endpoint.netloc.rpartition("@")[1] == "" and endpoint.port != 0
    except ValueError:
        raise wrong from None
    if parts.scheme != "s3" or not is_whole or parts.fragment or ".." in parts.path.split("/"):
        raise wrong
    if endpoint.scheme not in ("http", "https") or not endpoint.hostname:
        raise wrong
    if unknown := {name for name, _ in query} - {"endpoint", "region"}:
        raise WrongEnvironment(
            f"MEDIA_STORAGE holds «{min(unknown)}»; after the question mark only endpoint and region are known."
        )
    options: dict[str, object] = {"bucket_name": parts.hostname, "location": unquote(parts.path).strip("/")}
    for name, option in (("endpoint", "endpoint_url"), ("region", "region_name")):
        if given := dict(query).get(name):
            options[option] = given
    return {"BACKEND": "core.media.bucket.BucketStorage", "OPTIONS": options}


def read_accelerated(environ: Mapping[str, str]) -> str:
    """The proxy's internal location for files below MEDIA_ROOT; empty: this process hands them over itself."""
    value = environ.get("MEDIA_ACCEL_REDIRECT", "").strip()
    if value and not (value.isascii() and value.startswith("/") and value.endswith("/") and "//" not in value):
        raise WrongEnvironment(
            f"MEDIA_ACCEL_REDIRECT is «{value}»; it must be the proxy's internal location, such as /files-behind/."
        )
    if value and environ.get("MEDIA_STORAGE", "").strip():
        raise WrongEnvironment("MEDIA_ACCEL_REDIRECT is for files below MEDIA_ROOT; with MEDIA_STORAGE leave it empty.")
    return value


def read_port(value: str, *, name: str = "PORT") -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 5 or not 1 <= int(value) <= 65535:
        raise WrongEnvironment(f"{name} is «{value}»; it must be a whole number from 1 to 65535.")
    return int(value)


def read_count(environ: Mapping[str, str], name: str) -> int:
    value = environ.get(name, "").strip() or "0"
    if not value.isascii() or not value.isdigit() or len(value) > 1:
        raise WrongEnvironment(f"{name} is «{value}»; it must be a whole number from 0 to 9.")
    return int(value)


def read_mail(environ: Mapping[str, str]) -> Mail:
    """EMAIL_HOST and what belongs to it; without a host mail is written to the log, unless another EMAIL_BACKEND is named."""
    host = environ.get("EMAIL_HOST", "").strip()
    if host and not (host.isascii() and all(char.isalnum() or char in ".-:[]" for char in host)):
        raise WrongEnvironment(f"EMAIL_HOST is «{host}»; it must be the relay's name alone, such as smtp.example.com.")
    port = read_port(environ.get("EMAIL_PORT", "").strip() or "587", name="EMAIL_PORT")
    security = environ.get("EMAIL_TLS", "").strip().lower() or ("tls" if port == SMTPS_PORT else "starttls")
    if security not in MAIL_SECURITY:
        raise WrongEnvironment(f"EMAIL_TLS is «{security}»; it must be one of {', '.join(MAIL_SECURITY)}.")
    sender = environ.get("DEFAULT_FROM_EMAIL", "").strip() or "webmaster@localhost"
    if "@" not in parseaddr(sender)[1] or any(char in sender for char in "\r\n"):
        raise WrongEnvironment(
            f"DEFAULT_FROM_EMAIL is «{sender}»; it must be an address, such as Ventanilla <no-reply@example.com>."
        )
    return Mail(
        backend=read_dotted_path(
            environ, "EMAIL_BACKEND", f"django.core.mail.backends.{'smtp' if host else 'console'}.EmailBackend"
        ),
        host=host or "localhost",
        port=port,
        user=environ.get("EMAIL_USER", "").strip(),
        password=environ.get("EMAIL_PASSWORD", ""),
        security=security,
        sender=sender,
    )


def read_dotted_path(environ: Mapping[str, str], name: str, default: str) -> str:
    value = environ.get(name, "").strip() or default
    if "." not in value or not all(part.isidentifier() for part in value.split(".")):
        raise WrongEnvironment(f"{name} is «{value}»; it must be the dotted path of a class, such as {default}.")
    return value


def read_metrics_token(environ: Mapping[str, str]) -> str:
    """What /metrics asks for. Empty: there is no such address."""
    token = environ.get("METRICS_TOKEN", "").strip()
    if token and len(token) < 16:
        raise WrongEnvironment("METRICS_TOKEN is too short: use at least 16 random characters, or leave it empty.")
    return token


def read_push_hosts(value: str) -> tuple[str, ...]:
    """Where browsers' push subscriptions may lead (S41): hosts, `*.` for any name below, or an origin of an own push service."""
    hosts = words(value) or PUSH_HOSTS
    for host in hosts:
        name = urlsplit(host).netloc if "://" in host else host.removeprefix("*.")
        if not name or "*" in name or "/" in name or "@" in name or not name.isascii():
            raise WrongEnvironment(
                f"PUSH_HOSTS holds «{host}»; it takes names such as push.example.com or *.example.com, or an origin such as http://127.0.0.1:8999."
            )
    return hosts


def read_vapid_key(value: str) -> str:
    """The 32 bytes of a P-256 private key in base64url. Empty: made once and kept sealed in the database."""
    if value:
        try:
            raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != 32:
            # Never shown: it signs for us.
            raise WrongEnvironment("VAPID_PRIVATE_KEY must be the 32 bytes of a P-256 private key in base64url.")
    return value


def read_vapid_subject(value: str) -> str:
    """Whom a push service writes to when our messages trouble it (RFC 8292)."""
    if value and not value.startswith(("mailto:", "https://")):
        raise WrongEnvironment(
            f"VAPID_SUBJECT is «{value}»; it must start with mailto: or https://, such as mailto:it@example.com."
        )
    return value or "mailto:webmaster@localhost.localdomain"


def read_flag(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environ.get(name, "").strip().lower()
    if value in ("", "0", "no", "false", "off"):
        return default if value == "" else False
    if value in ("1", "yes", "true", "on"):
        return True
    raise WrongEnvironment(f"{name} is «{value}»; it must be 1 or 0.")


def words(value: str) -> tuple[str, ...]:
    return tuple(word for word in (piece.strip() for piece in value.split(",")) if word)
