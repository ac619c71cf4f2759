"""Puts the parts together: one world, three doors (Graph, control, phone)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware

from simulator import control, graph, phone
from simulator.config import Config
from simulator.world import World


def build(config: Config) -> Starlette:
    world = World(config)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await world.courier.stop()

    app = Starlette(
        routes=[*phone.routes(), *control.routes(), *graph.routes()],
        middleware=[Middleware(phone.Fence)],
        lifespan=lifespan,
    )
    app.state.world = world
    return app
