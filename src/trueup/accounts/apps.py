"""Registers the module with Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The channel tree."""

    name = "trueup.accounts"
    label = "accounts"
