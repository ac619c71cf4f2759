"""The strings of the puppets: what the phone page and the tests use. Documented in docs/simulator.md."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.control import business, deliveries, people
from simulator.control.asking import Wrong
from simulator.world import World

Endpoint = Callable[[Request, World], Awaitable[Any]]


def routes() -> list[BaseRoute]:
    table: list[tuple[str, str, Endpoint]] = [
        ("GET", "/control/state", people.get_state),
        ("GET", "/control/customers", people.get_customers),
        ("POST", "/control/customers", people.post_customers),
        ("PATCH", "/control/customers/{customer}", people.patch_customer),
        ("GET", "/control/customers/{customer}/messages", people.get_thread),
        ("POST", "/control/customers/{customer}/messages", people.post_message),
        ("PUT", "/control/customers/{customer}/read", people.put_read),
        ("POST", "/control/messages", people.post_messages),
        ("POST", "/control/messages/{message:path}/statuses", business.post_status),
        ("GET", "/control/sent", business.get_sent),
        ("GET", "/control/faults", business.get_faults),
        ("PUT", "/control/faults", business.put_faults),
        ("PATCH", "/control/faults", business.patch_faults),
        ("GET", "/control/templates", business.get_templates),
        ("PUT", "/control/templates", business.put_templates),
        ("PATCH", "/control/access", business.patch_access),
        ("POST", "/control/numbers", business.post_number),
        ("PATCH", "/control/numbers/{number}", business.patch_number),
        ("PUT", "/control/app", business.put_app),
        ("POST", "/control/notices", business.post_notice),
        ("POST", "/control/clock", business.post_clock),
        ("GET", "/control/idle", business.get_idle),
        ("POST", "/control/reset", business.post_reset),
        ("GET", "/control/deliveries", deliveries.get_deliveries),
        ("POST", "/control/deliveries", deliveries.post_delivery),
        ("POST", "/control/verification", deliveries.post_verification),
        ("PUT", "/control/presence/{client}", people.put_presence),
    ]
    by_path: dict[str, dict[str, Endpoint]] = {}
    for method, path, endpoint in table:
        by_path.setdefault(path, {})[method] = endpoint
    found: list[BaseRoute] = [Route(path, _door(methods), methods=list(methods)) for path, methods in by_path.items()]
    return [*found, Route("/control/media/{media}", deliveries.get_media, methods=["GET"])]


def _door(methods: dict[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        # HEAD comes with GET for free.
        endpoint = methods.get(request.method) or methods["GET"]
        try:
            return JSONResponse(await endpoint(request, request.app.state.world))
        except Wrong as wrong:
            return JSONResponse({"error": str(wrong)}, wrong.status)
        except (ValueError, TypeError) as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        except OSError as lost:
            # Only posting by hand gets here: the business does not listen.
            return JSONResponse({"error": f"el webhook no responde: {lost}"}, 502)

    return answer
