from django.apps import AppConfig


class TypificationConfig(AppConfig):
    name = "typification"
