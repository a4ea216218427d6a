"""Registers the module with Django."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Mapping profiles."""

    name = "trueup.exchange"
    label = "exchange"
