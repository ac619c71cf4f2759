"""What every string asks of a request: JSON by name, a person, a number; and what it says when that is not there."""

import json
from typing import Any

from starlette.requests import Request

from simulator.config import BusinessNumber
from simulator.customers import Customer
from simulator.world import World


class Wrong(Exception):
    """A sentence for the person or the test that asked."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def customer_of(customer_id: str, world: World) -> Customer:
    person = world.customers.get(customer_id)
    if person is None:
        raise Wrong(f"no hay ningún cliente «{customer_id}»", 404)
    return person


def number_of(number_id: Any, world: World) -> BusinessNumber:
    """Left out, the first one: most demos have only that."""
    if not number_id:
        return next(iter(world.numbers.values()))
    number = world.numbers.get(str(number_id))
    if number is None:
        raise Wrong(f"no hay ningún número «{number_id}»", 404)
    return number


async def any_json(request: Request) -> Any:
    # Only JSON by name: a form of a foreign page cannot send it without asking first.
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Wrong("se espera application/json", 415)
    return json.loads(await request.body() or b"{}")


async def json_object(request: Request) -> dict[str, Any]:
    return an_object(await any_json(request))


def an_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong("se espera un objeto JSON")
    return value
