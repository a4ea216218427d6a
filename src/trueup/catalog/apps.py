"""Registers the module with Django."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """What is sold."""

    name = "trueup.catalog"
    label = "catalog"
