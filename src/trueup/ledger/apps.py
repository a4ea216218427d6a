"""The ledger as a Django application."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """How much was used."""

    name = "trueup.ledger"
    label = "ledger"
