"""Registers the module with Django."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Who is told."""

    name = "trueup.notifications"
    label = "notifications"
