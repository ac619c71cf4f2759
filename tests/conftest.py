"""What every test stands on: its own Redis database, the seeded cast, and, where a test asks for it, the whole product running."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import translation
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

from runner.migrated import TEMPLATE_NAME
from tests import factories
from tests.casting import known_cast
from tests.clearing import clear_by_need
from tests.stack import PATIENCE_SECONDS, Stack, running_stack

CHROMIUM = next(
    (
        path
        for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
        if Path(path).exists()
    ),
    None,
)


# The same examples in every run, and no deadline for one: a busy machine finds nothing that a quiet one does not.
# `--hypothesis-profile=wander` looks elsewhere.
hypothesis.settings.register_profile("suite", derandomize=True, deadline=None)
hypothesis.settings.register_profile("wander", deadline=None, max_examples=1_000)
hypothesis.settings.load_profile("suite")
expect.set_options(timeout=PATIENCE_SECONDS * 1000)

# Headless on a closed network: nothing of Chromium's own may look for its makers.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--shows", action="store_true", help="print which behaviours are shown, and by which tests; run nothing"
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """`python3 run.py test --shows -n 0 -q`: behaviour by behaviour, the tests that show it."""
    if not session.config.getoption("--shows"):
        return
    shown: dict[str, list[str]] = {}
    for item in session.items:
        for mark in item.iter_markers("shows"):
            for behaviour in mark.args:
                shown.setdefault(str(behaviour), []).append(item.nodeid)
    for behaviour, tests in sorted(shown.items()):
        print(f"{behaviour}: {', '.join(sorted(set(tests)))}")
    session.items.clear()


# First: pytest's own -k looks at the items after us.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # `python3 run.py faults R13`, as TRUST.md names it.
        item.extra_keyword_matches.update(str(each) for mark in item.iter_markers("shows") for each in mark.args)
        if "browser" in item.keywords and CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="there is no Chromium on this machine"))
        if "stack" in getattr(item, "fixturenames", ()):
            # Starting the product takes a while, so it is done twice at most: for the browsers, and for everything else.
            item.add_marker(pytest.mark.xdist_group("browsers" if "browser" in item.keywords else "stack"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The tests' database begins as a copy of one that `run.py` has migrated, where it has."""
    if TEMPLATE_NAME in os.environ:
        connection.settings_dict["TEST"]["TEMPLATE"] = os.environ[TEMPLATE_NAME]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """pytest-django's own, which at its end drops the database: by then nobody else may be connected to it.

    A thread of a loop that ended keeps its pooled connection a moment longer than its test.
    """
    with pytest.MonkeyPatch.context() as monkeypatch:
        with django_db_blocker.unblock():
            clear_by_need(monkeypatch)
        yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            # Autovacuum's worker is not ours to end: dropping the database does.
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


@pytest.fixture(autouse=True)
def fresh_cache(request: pytest.FixtureRequest) -> None:
    """Throttles of one test never count for the next."""
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        cache.clear()


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """A request of one test that was answered in Portuguese leaves that language behind in its thread."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def cast(db: None) -> factories.Cast:
    """Ana (agent) and Luis (supervisor) of one team and campaign, Eva (agent) of another, an admin, and a WhatsApp number."""
    return known_cast()


@pytest.fixture
def committed_cast(transactional_db: None) -> factories.Cast:
    """The same, committed: for threads, processes and listeners that run after the commit."""
    return known_cast()


@pytest.fixture(scope="session")
def stack_process(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Stack]:
    """Daphne, a worker and the simulator as processes of their own, on this worker's test database. Started once."""
    with running_stack() as stack:
        yield stack


@pytest.fixture
def stack(stack_process: Stack, committed_cast: factories.Cast) -> Iterator[Stack]:
    """The whole product, with the cast in its database."""
    stack_process.begin(committed_cast)
    yield stack_process
    stack_process.settle()
    stack_process.pause()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all browser tests of a worker: Playwright allows one of its kind per thread."""
    # Its synchronous face keeps a loop running in this thread, and Django would refuse every query beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
