"""What our children find in their environment. What the caller set always wins."""

from __future__ import annotations

from collections.abc import Mapping

from runner.arguments import Request
from runner.datadir import DataFolder, read_secrets
from runner.packages import with_node
from runner.tools import tool_environment

# What the simulated provider and the demo's account agree upon.
DEMO_ACCOUNT = {
    "DEMO_PHONE_NUMBER_ID": "106540352242922",
    "DEMO_WABA_ID": "102290129340398",
    "DEMO_DISPLAY_NUMBER": "+595 21 728 1000",
}


def product_environment(mode: str, request: Request, folder: DataFolder, urls: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the product's processes in this mode, on these services."""
    secrets = read_secrets(folder)
    ours = {
        "SECRET_KEY": secrets["SECRET_KEY"],
        "FIELD_KEYS": secrets["FIELD_KEYS"],
        "MEDIA_ROOT": str(folder.media),
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        **urls,
    }
    if mode == "demo":
        # Elsewhere the provider's secrets come from outside, and without one the product lets nobody in.
        ours |= {
            name: secrets[name] for name in ("META_APP_SECRET", "META_VERIFY_TOKEN", "DEMO_TOKEN", "DEMO_PASSWORD")
        }
        ours |= DEMO_ACCOUNT | {"META_GRAPH_URL": f"http://127.0.0.1:{request.port + 1}"}
    return complete(ours, mode, request.port)


def build_environment(mode: str = "build", **extra: str) -> dict[str, str]:
    """Return the environment of steps that need neither services nor secrets."""
    # A socket that does not exist: nothing of such a step may depend on a database that happens to run here.
    return complete(extra, mode, 8000) | {"DATABASE_URL": "postgresql:///ventanilla?host=/nonexistent"} | extra


def complete(ours: Mapping[str, str], mode: str, port: int) -> dict[str, str]:
    caller = {name: value for name, value in tool_environment().items() if value != "" or name not in ours}
    # These three are not settings but facts of this run; a value from the caller's shell is about something else.
    facts = {"VENTANILLA_MODE": mode, "DJANGO_SETTINGS_MODULE": "config.settings", "PORT": str(port)}
    # Celery refuses to run as root only for a serializer we do not use.
    return with_node({"PYTHONUNBUFFERED": "1", "C_FORCE_ROOT": "1", **ours, **caller, **facts})
