"""Registers the module with Django."""

from django.apps import AppConfig


class StatementsConfig(AppConfig):
    """Final billing."""

    name = "trueup.statements"
    label = "statements"
