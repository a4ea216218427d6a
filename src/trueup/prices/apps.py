"""Registers the module with Django."""

from django.apps import AppConfig


class PricesConfig(AppConfig):
    """Prices."""

    name = "trueup.prices"
    label = "prices"
