"""Registers the module with Django."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks."""

    name = "trueup.webhooks"
    label = "webhooks"
