"""The Django app of the record."""

from django.apps import AppConfig


class RecordConfig(AppConfig):
    name = "norket.record"
    label = "record"
    default_auto_field = "django.db.models.BigAutoField"
