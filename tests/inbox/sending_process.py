"""A sending worker as a process of its own, to be killed: `python -m tests.inbox.sending_process <graph address>`.

It sweeps by itself and says «ready» once it works. Never imported by the product or by pytest.
"""

from __future__ import annotations

import sys
import time

import django


def main(graph_url: str) -> None:
    django.setup()
    from django.conf import settings

    from inbox import tasks
    from inbox.models import OutboxEntry

    settings.META_GRAPH_URL = graph_url
    print("ready", flush=True)
    while True:
        for conversation_id in OutboxEntry.objects.order_by("id").values_list("conversation_id", flat=True)[:20]:
            tasks.drain_outbox(conversation_id)
        time.sleep(0.01)


if __name__ == "__main__":
    main(sys.argv[1])
