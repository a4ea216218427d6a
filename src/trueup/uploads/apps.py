"""Registers the module with Django."""

from django.apps import AppConfig


class UploadsConfig(AppConfig):
    """Files sent through the portal."""

    name = "trueup.uploads"
    label = "uploads"
