"""The module as Django sees it."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Usage in small pieces."""

    name = "trueup.intake"
