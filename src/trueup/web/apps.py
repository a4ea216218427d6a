"""Registers the module with Django."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The portal."""

    name = "trueup.web"
    label = "web"
