"""Celery turns the crank; the truth is in rows. A lost or doubled hint is harmless: leases and sweepers see to it."""

import gc
import os

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("ventanilla")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def collect_rarely(**_: object) -> None:
    """Batches make thousands of short-lived objects without cycles: looking through all of them again and again for some cost a
    fifth of the pipeline's time. What was loaded by now stays for good.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
