"""Registers the module with Django."""

from django.apps import AppConfig


class CyclesConfig(AppConfig):
    """The calendar."""

    name = "trueup.cycles"
    label = "cycles"
