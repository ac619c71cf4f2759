"""`demo`, `serve` and `manage`: the product on this machine."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from runner.arguments import HIGHEST_PORT, Request
from runner.children import run_attached, stop_children
from runner.database import is_prepared, logins, prepare_database
from runner.datadir import DataFolder, lock, open_data_folder, read_json, wait_for_runtime, wipe, write_private
from runner.environment import build_environment, product_environment
from runner.packages import prepare
from runner.places import PYTHON, ROOT
from runner.product import (
    WORKERS,
    Watch,
    beat_command,
    refuse_taken_port,
    simulator_command,
    web_command,
    worker_command,
)
from runner.redis_server import restart_redis
from runner.services import Services, services
from runner.terminal import Refusal, faint, good, say, step, strong

# In the language of the product's people.
ROLES = {"agent": "agente", "admin": "administración"}
# Commands that themselves make or describe the database: nothing is prepared behind their back.
BEFORE_THE_DATABASE = (
    "migrate",
    "makemigrations",
    "showmigrations",
    "sqlmigrate",
    "help",
    "--help",
    "-h",
    "check",
    "diffsettings",
)


def run_demo(request: Request) -> int:
    if request.port == HIGHEST_PORT:
        raise Refusal(
            f"The simulated phone is at the port after --port, and there is none after {HIGHEST_PORT}. Choose a lower one."
        )
    return run_product(request, "demo")


def run_serve(request: Request) -> int:
    return run_product(request, "serve")


def run_product(request: Request, mode: str) -> int:
    """Bring everything up, say where it is, and stay until somebody ends us."""
    folder = open_data_folder(request.data)
    with lock(folder):
        refuse_taken_port(request.port)
        if mode == "demo":
            refuse_taken_port(request.port + 1, " (of the simulated phone)")
        if request.is_fresh:
            wipe(folder)
            folder = open_data_folder(request.data)
        prepare(for_development=False, build_environment=build_environment())
        with started(folder) as up:
            environment = product_environment(mode, request, folder, up.urls)
            prepare_database(folder, environment, with_demo=mode == "demo")
            run_processes(request, mode, folder, up, environment)
    return 0


def run_processes(
    request: Request, mode: str, folder: DataFolder, up: Services, environment: Mapping[str, str]
) -> None:
    watch = Watch(folder, environment)
    for child in up.children:
        # Redis keeps nothing, so a new one will do; PostgreSQL does not die of itself without a reason to look into.
        watch.adopt(child, partial(restart_redis, folder, up.sockets) if child.name == "redis" else None)
    address = f"http://127.0.0.1:{request.port}"
    try:
        with step("Ventanilla"):
            watch.start("web", web_command(request.port))
            for worker in WORKERS:
                watch.start(worker, worker_command(worker))
            if mode == "demo":
                watch.start("simulator", simulator_command(folder, environment, request.port))
                watch.wait_for(f"http://127.0.0.1:{request.port + 1}/healthz")
            watch.wait_for(f"{address}/healthz")
            # Only now: on a small machine it would make everybody wait, and nothing is due in the first seconds.
            watch.start("beat", beat_command(folder))
        write_private(
            folder.runtime,
            {"mode": mode, "urls": up.urls, "port": request.port, "address": f"{address}/", "pid": os.getpid()},
        )
        write_private(folder.path / "mode.json", {"mode": mode})
        say(demo_summary(request, folder, environment) if mode == "demo" else serve_summary(request, environment))
        watch.keep_running()
    finally:
        # A restarted Redis is not the one `services` knows.
        up.children[:] = [watch.running.get(child.name, child) for child in up.children]
        stop_children([child for name, child in watch.running.items() if name not in ("postgres", "redis")])


@contextmanager
def started(folder: DataFolder) -> Iterator[Services]:
    """Services with a progress line for their start, but not for all that follows."""
    opening = services(folder)
    with step("PostgreSQL and Redis"):
        up = opening.__enter__()
    try:
        yield up
    finally:
        opening.__exit__(None, None, None)


# --- manage -------------------------------------------------------------------------------------------------------------------


def run_manage(request: Request) -> int:
    """Run a manage.py command on the data folder's services: a running instance's, or our own for as long as it takes."""
    folder = open_data_folder(request.data)
    running = wait_for_runtime(folder)
    if running:
        if request.is_fresh:
            raise Refusal(f"--fresh would wipe {folder.path} under the Ventanilla that runs on it. End that one first.")
        return run_command(request, folder, str(running["mode"]), int(running["port"]), running["urls"])
    with lock(folder):
        if request.is_fresh:
            wipe(folder)
            folder = open_data_folder(request.data)
        prepare(for_development=False, build_environment=build_environment())
        mode = str(read_json(folder.path / "mode.json").get("mode", "serve"))
        with services(folder) as up:
            if request.arguments[0] not in BEFORE_THE_DATABASE and not is_prepared(folder):
                prepare_database(folder, product_environment(mode, request, folder, up.urls), with_demo=False)
            return run_command(request, folder, mode, request.port, up.urls)


def run_command(request: Request, folder: DataFolder, mode: str, port: int, urls: Mapping[str, str]) -> int:
    on_that_port = Request(command=request.command, arguments=request.arguments, port=port, data=request.data)
    environment = product_environment(mode, on_that_port, folder, urls)
    return run_attached([PYTHON, "manage.py", *request.arguments], environment=environment, folder=ROOT)


# --- What the person reads: the product's people speak Spanish ------------------------------------------------------------------


def demo_summary(request: Request, folder: DataFolder, environment: Mapping[str, str]) -> str:
    people = logins(folder, environment)
    width = max(len(person["username"]) for person in people)
    lines = [
        f"{strong(person['username'].ljust(width))}  {person['password']}  {faint(ROLES.get(person['role'], person['role']))}"
        for person in people
    ]
    return "\n".join(
        [
            "",
            f"  {good('●')} {strong('Ventanilla está lista')}",
            "",
            f"    Escritorio         {strong(f'http://localhost:{request.port}/')}",
            *(f"    {'Entrar como' if number == 0 else '':<17}  {line}" for number, line in enumerate(lines)),
            "",
            f"    Teléfono simulado  {strong(f'http://localhost:{request.port + 1}/')}",
            f"    {faint('Escribe «Hola» desde el teléfono y míralo llegar al escritorio de ana.')}",
            "",
            f"    {faint(f'Los datos quedan en {shown(folder)}. Ctrl-C termina todo.')}",
            "",
        ]
    )


def serve_summary(request: Request, environment: Mapping[str, str]) -> str:
    option = "" if request.data == Request().data else f"--data {shlex.quote(str(request.data))} "
    lines = [
        "",
        f"  {good('●')} {strong('Ventanilla está lista')}",
        "",
        f"    Escritorio  {strong(f'http://localhost:{request.port}/')}",
    ]
    if not environment.get("META_APP_SECRET"):
        lines += [
            "",
            "    META_APP_SECRET no está definido: hasta que lo esté, no se acepta ningún mensaje de WhatsApp.",
        ]
    lines += [
        "",
        "    Con PostgreSQL y Redis propios de esta máquina: para instalaciones pequeñas. Haz copias de la carpeta de datos;",
        "    para las grandes, define DATABASE_URL y REDIS_URL.",
        "",
        f"    Primer usuario: {strong(f'python3 run.py {option}manage create_user admin --role admin')}",
        f"    {faint('Ctrl-C termina todo.')}",
        "",
    ]
    return "\n".join(lines)


def shown(folder: DataFolder) -> str:
    path = folder.path.resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
