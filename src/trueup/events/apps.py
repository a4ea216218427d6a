"""Registers the module with Django."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The history."""

    name = "trueup.events"
    label = "events"
