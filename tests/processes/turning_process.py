"""A worker that turns one run, as a process of its own, to be killed: `python -m tests.processes.turning_process <run id>`.

It says «ready» once it works. Never imported by the product or by pytest.
"""

from __future__ import annotations

import sys
import time

import django


def main(run_id: int) -> None:
    django.setup()
    from processes.actions.advancing import advance

    print("ready", flush=True)
    while True:
        advance(run_id)
        time.sleep(0.01)


if __name__ == "__main__":
    main(int(sys.argv[1]))
