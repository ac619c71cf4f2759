"""The roof: settings, addresses, sockets, wiring. It imports every floor; no floor imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
