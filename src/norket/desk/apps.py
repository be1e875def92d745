"""Lets Django find the templates and static files of the desk."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "norket.desk"
    label = "desk"
