"""Registers the module with Django."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """The usage report."""

    name = "trueup.reports"
    label = "reports"
