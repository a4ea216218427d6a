"""Registers the module with Django."""

from django.apps import AppConfig
from django.urls import register_converter

from trueup.web.converters import Ref


class WebConfig(AppConfig):
    """The portal."""

    name = "trueup.web"
    label = "web"

    def ready(self) -> None:
        """Before any address is read, what stands in it is known."""
        register_converter(Ref, "ref")
