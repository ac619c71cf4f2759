"""The business's side at the provider: what it sent, its templates, numbers, access and app; faults and time."""

import json
from dataclasses import replace
from typing import Any

from starlette.requests import Request

from simulator import templates
from simulator.config import BusinessNumber
from simulator.control.asking import Wrong, an_object, any_json, json_object, number_of
from simulator.world import World

STATUSES = ("sent", "delivered", "read", "failed")


async def get_sent(request: Request, world: World) -> Any:
    query = request.query_params
    found = list(world.messages.sent(to=query.get("to", ""), opaque=query.get("opaque", "")))
    limit = min(int(query.get("limit", 100)), 10_000)
    return {
        "total": world.messages.accepted,
        "matching": len(found),
        "by_to": dict(world.messages.by_to),
        "by_opaque": dict(world.messages.by_opaque),
        "messages": [message.view() for message in found[-limit:]],
    }


async def post_status(request: Request, world: World) -> Any:
    message = world.messages.get(request.path_params["message"])
    if message is None or message.direction != "out":
        raise Wrong("ese mensaje no existe", 404)
    wanted = await json_object(request)
    status = str(wanted.get("status"))
    if status not in STATUSES:
        raise Wrong(f"status es uno de {', '.join(STATUSES)}")
    at = None if wanted.get("timestamp") is None else float(wanted["timestamp"])
    world.report(message, status, code=int(wanted.get("code") or 131026), at=at)
    return message.view()


async def get_faults(request: Request, world: World) -> Any:
    return {"faults": world.faults.view(), "hits": dict(world.faults.hits)}


async def put_faults(request: Request, world: World) -> Any:
    return await _change_faults(request, world, replace=True)


async def patch_faults(request: Request, world: World) -> Any:
    return await _change_faults(request, world, replace=False)


async def _change_faults(request: Request, world: World, *, replace: bool) -> Any:
    world.faults.change(await json_object(request), replace=replace)
    world.hub.publish("faults", world.faults.view())
    return {"faults": world.faults.view(), "hits": dict(world.faults.hits)}


async def get_templates(request: Request, world: World) -> Any:
    return {"templates": world.templates}


async def put_templates(request: Request, world: World) -> Any:
    """These and no others: `[{"name", "language"?, "category"?, "status"?, "components": […]}]`, in Meta's own words."""
    wanted = await any_json(request)
    if not isinstance(wanted, list):
        raise Wrong("se espera una lista")
    found = []
    for one in wanted:
        given = an_object(one)
        if not isinstance(given.get("name"), str) or not isinstance(given.get("components"), list):
            raise Wrong("falta name o components")
        options = {
            name: str(given[name]) for name in ("language", "category", "status", "rejected_reason") if name in given
        }
        found.append(templates.made(given["name"], given["components"], **options))
    world.templates = found
    return {"templates": found}


async def patch_access(request: Request, world: World) -> Any:
    """What the token may do: `permissions`, `wabas` (lists of words) and `expires_at` (0: never)."""
    wanted = await json_object(request)
    values: dict[str, Any] = {}
    for name in ("permissions", "wabas"):
        if name in wanted:
            values[name] = tuple(str(each) for each in wanted[name])
    if "expires_at" in wanted:
        values["expires_at"] = int(wanted["expires_at"])
    world.access = replace(world.access, **values)
    return world.access.debugged()


async def post_number(request: Request, world: World) -> Any:
    """One more number of the business account: `id`, `display`, `name`."""
    wanted = await json_object(request)
    number_id = str(wanted.get("id", ""))
    if not number_id.isdigit():
        raise Wrong("falta id, con cifras")
    shown, name = str(wanted.get("display") or f"+595 21 {number_id[-6:]}"), str(wanted.get("name") or "Otro")
    world.numbers[number_id] = BusinessNumber(id=number_id, waba_id=world.config.waba_id, display=shown, name=name)
    return {"id": number_id}


async def patch_number(request: Request, world: World) -> Any:
    """What Meta thinks of it: `quality`, `limit`, `status`, in Meta's own words."""
    number = number_of(request.path_params["number"], world)
    wanted = await json_object(request)
    values = {name: str(wanted[name]) for name in ("quality", "limit", "status") if name in wanted}
    world.numbers[number.id] = replace(number, **values)
    return {"id": number.id} | values


async def put_app(request: Request, world: World) -> Any:
    """The app as its owner set it up at Meta: where its webhooks go (`webhook_url`) and what signs them (`secret`)."""
    wanted = await json_object(request)
    world.courier.serve(
        str(wanted.get("webhook_url") or world.config.webhook_url), str(wanted.get("secret") or world.config.app_secret)
    )
    return {}


async def post_notice(request: Request, world: World) -> Any:
    """A webhook that is no message: `{"field": "message_template_status_update", "value": {…}}`."""
    wanted = await json_object(request)
    field, value = str(wanted.get("field", "")), an_object(wanted.get("value"))
    body = {
        "object": "whatsapp_business_account",
        "entry": [
            {"id": world.config.waba_id, "time": int(world.clock.now()), "changes": [{"field": field, "value": value}]}
        ],
    }
    raw = json.dumps(body).encode()
    return {"status": await world.courier.post(raw, world.courier.headers(raw))}


async def post_clock(request: Request, world: World) -> Any:
    world.clock.advance(float((await json_object(request)).get("advance", 0)))
    return {"now": world.clock.now(), "clock_offset": world.clock.offset}


async def get_idle(request: Request, world: World) -> Any:
    timeout = min(float(request.query_params.get("timeout", 10)), 600)
    return {"idle": await world.wait_idle(timeout), "pending": world.pending}


async def post_reset(request: Request, world: World) -> Any:
    await json_object(request)
    world.reset()
    return world.counts()
