"""Clusters whose database is migrated already: a run of tests begins with a copy of one instead of a hundred migrations.

Kept in the data folder of the checkout, one at a time: for these migrations, these packages and this day (partitions are made for it).
"""

from __future__ import annotations

import datetime
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from runner.arguments import Request
from runner.database import manage
from runner.datadir import DataFolder, open_data_folder, remove, temporary_data_folder
from runner.environment import product_environment
from runner.places import ROOT
from runner.postgres import NAME, passable_by_others
from runner.product import free_port
from runner.services import services
from runner.stamps import digest
from runner.terminal import step

# What tests find in their environment: the database to begin as, and the cluster it came with.
TEMPLATE_NAME, CLUSTER_NAME = "TEST_TEMPLATE", "TEST_CLUSTER"
# What a migration may read besides itself.
READ_BY_MIGRATIONS = ("core", "accounts/granting.py", "requirements.txt", "runner/postgres.py")


def migrated_cluster(request: Request) -> Path | None:
    """Return a cluster to be copied, made when there is none yet; None where the database is the caller's own."""
    if os.environ.get("DATABASE_URL"):
        return None
    kept = open_data_folder(request.data).path / "migrated"
    cluster = kept / migrations_digest()
    if not cluster.exists():
        kept.mkdir(mode=0o700, exist_ok=True)
        with step("Database for tests"), migrated_once(request) as made:
            half = kept / f"half.{os.getpid()}"
            copy_cluster(made, half)
            # Of other migrations, or of another day. Another run that copies one of them meanwhile makes its own again.
            for other in [each for each in kept.iterdir() if each != half and not each.name.startswith("half.")]:
                remove(other)
            if cluster.exists():
                remove(half)
            else:
                half.rename(cluster)
    return cluster


def migrations_digest() -> str:
    """Return a digest of all that the migrated database is made of."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    migrations = sorted(ROOT.glob("*/migrations"))
    return digest([*migrations, *(ROOT / each for each in READ_BY_MIGRATIONS)], today, *map(str, migrations))[:24]


@contextmanager
def migrated_once(request: Request) -> Iterator[Path]:
    """A migrated cluster whose server has ended."""
    with temporary_data_folder("test") as folder:
        with services(folder, durable=False) as up:
            manage("migrate", product_environment("test", replace(request, port=free_port()), folder, up.urls))
        yield folder.cluster.resolve()


def copy_cluster(source: Path, target: Path) -> None:
    """Copy a cluster whose server does not run, with its owner and its permissions."""
    subprocess.run(["cp", "-a", source, target], check=True, capture_output=True)


def begin_with(cluster: Path | None, folder: DataFolder) -> dict[str, str]:
    """Put a copy into the folder; return what the tests are to know of it: nothing where its server could not reach it."""
    is_reachable = os.geteuid() != 0 or passable_by_others(folder.cluster)
    if cluster is None or not is_reachable:
        return {}
    try:
        copy_cluster(cluster, folder.cluster)
    except subprocess.CalledProcessError:
        # Another run of tests, of other migrations, has just taken its place.
        remove(folder.cluster)
        return {}
    return {TEMPLATE_NAME: NAME, CLUSTER_NAME: str(cluster)}
