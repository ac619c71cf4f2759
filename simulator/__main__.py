"""python -m simulator --port 8001 --webhook http://127.0.0.1:8000/webhooks/meta/ --app-secret S --token T"""

import argparse
import asyncio
import sys
from contextlib import suppress

from simulator.config import Config
from simulator.server import make_server


def main(arguments: list[str] | None = None) -> int:
    wanted = _parser().parse_args(arguments)
    config = Config(
        webhook_url=wanted.webhook,
        app_secret=wanted.app_secret,
        verify_token=wanted.verify_token,
        token=wanted.token,
        phone_number_ids=_list(wanted.phone_number_id),
        waba_id=wanted.waba_id,
        display_numbers=_list(wanted.display_number),
        business_name=wanted.business_name,
        seed=wanted.seed,
    )
    try:
        server, listener = make_server(config, wanted.host, wanted.port)
    except OSError as error:
        print(f"El simulador no puede abrir {wanted.host}:{wanted.port}: {error.strerror}.", file=sys.stderr)
        return 1
    port = listener.getsockname()[1]
    print(f"Teléfono simulado en http://{wanted.host}:{port}/ (avisos a {config.webhook_url})", flush=True)
    with suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
        asyncio.run(server.serve(sockets=[listener]))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description="Plays Meta's WhatsApp Cloud API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--webhook", required=True, help="where webhooks are posted")
    parser.add_argument("--app-secret", required=True, help="signs the webhooks")
    parser.add_argument("--verify-token", default="")
    parser.add_argument("--token", required=True, help="the bearer token the business must present")
    parser.add_argument("--phone-number-id", default="100000001", help="one, or several with commas")
    parser.add_argument("--waba-id", default="200000001")
    parser.add_argument("--display-number", default="+595 21 728 0000", help="one per phone number id, with commas")
    parser.add_argument("--business-name", default="Fibra Sur")
    parser.add_argument("--seed", type=int, default=1, help="of the faults")
    # Accepted so that callers may pass one directory to every process; nothing is kept between runs.
    parser.add_argument("--data", help=argparse.SUPPRESS)
    return parser


def _list(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


if __name__ == "__main__":
    sys.exit(main())
