"""Starting TrueUp only when a command really does something: help and version need neither Django nor a disk."""

import importlib
import os

SETTINGS = "trueup.config.settings"


class WhenNeeded:
    """A module that is loaded, after Django was started, when something of it is first used."""

    def __init__(self, name: str, *, ready: bool = True) -> None:
        """`ready` False: for what repairs a database that is not ready to be used."""
        self._name = name
        self._ready = ready

    def __getattr__(self, attribute: str) -> object:
        start()
        if self._ready:
            importlib.import_module("trueup.jobs.database").require_ready()
        return getattr(importlib.import_module(self._name), attribute)


def start() -> None:
    """Start Django, once. Raises ImproperlyConfigured for settings that cannot be used."""
    django_settings = importlib.import_module("django.conf").settings
    if not django_settings.configured:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    if not importlib.import_module("django.apps").apps.ready:
        importlib.import_module("django").setup()
