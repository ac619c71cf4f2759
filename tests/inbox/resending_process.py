"""The control of R18: the same sending worker, but what may have been sent is sent again (tests.inbox.sending_process)."""

from __future__ import annotations

import sys

import django


def main(graph_url: str) -> None:
    django.setup()
    from inbox.actions import delivery
    from tests.inbox import sending_process

    delivery.record_unknown = lambda entry: delivery.defer(entry, seconds=0)
    sending_process.main(graph_url)


if __name__ == "__main__":
    main(sys.argv[1])
