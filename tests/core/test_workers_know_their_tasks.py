"""A worker knows by name whatever the beat or a hint may ask of it: in a process of its own, for a test imports far more than a worker does."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from celery import current_app
from django.conf import settings

from config.wiring import SUBSCRIBERS
from tests.stack import ROOT

ASK = "import json; from config.celery import app; app.loader.init_worker(); app.finalize(); print(json.dumps(sorted(app.tasks)))"


@pytest.mark.shows("B-06")
def test_a_fresh_worker_knows_every_task_of_ours() -> None:
    told = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=300, check=True
    )
    known = set(json.loads(told.stdout.splitlines()[-1]))
    asked = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}
    assert asked <= known, asked - known
    # And whatever this process, which has read the whole wiring, would hint at.
    assert SUBSCRIBERS
    from_here = {name for name in current_app.tasks if not name.startswith("celery.")}
    assert from_here <= known, from_here - known
