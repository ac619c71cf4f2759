"""A worker that carries one run out, as a process of its own, and says what memory it took: `python -m tests.processes.exporting_process <run id>`.

Two lines of kilobytes: its most before, and its most after. Never imported by the product or by pytest.
"""

from __future__ import annotations

import resource
import sys

import django


def main(run_id: int) -> None:
    django.setup()
    from processes.actions.advancing import advance
    from processes.catalogue import catalogue
    from processes.models import Run

    catalogue()
    Run.objects.get(pk=run_id)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
    while advance(run_id):
        pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
