"""Starting TrueUp only when a command does something on this machine: help, version and servers need neither Django nor a disk."""

import importlib
import os
from contextvars import ContextVar
from dataclasses import dataclass

from trueup.kit.errors import Conflict

SETTINGS = "trueup.config.settings"


@dataclass(frozen=True, slots=True)
class Server:
    """The installation that was named with `--server`, and as which of their accounts a person asks (None: the highest)."""

    url: str
    account: str | None


_SERVER: ContextVar[Server | None] = ContextVar("server", default=None)


def use(server: Server | None) -> None:
    """Say whom the command that was typed is for; None is the installation on this machine."""
    _SERVER.set(server)


def server() -> Server | None:
    """The server the command is for; None is the installation on this machine."""
    return _SERVER.get()


class Later:
    """A module that is loaded when something of it is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        return getattr(importlib.import_module(self._name), attribute)


class WhenNeeded(Later):
    """The same of a module that needs the installation on this machine: Django is started before."""

    def __init__(self, name: str, *, ready: bool = True) -> None:
        """`ready` False: for what repairs a database that is not ready to be used."""
        super().__init__(name)
        self._ready = ready

    def __getattr__(self, attribute: str) -> object:
        if server() is not None:
            raise Conflict("this works at the machine of an installation only: leave out --server (or TRUEUP_SERVER)")
        start()
        if self._ready:
            importlib.import_module("trueup.jobs.database").require_ready()
        return super().__getattr__(attribute)


def start() -> None:
    """Start Django, once. Raises ImproperlyConfigured for settings that cannot be used."""
    django_settings = importlib.import_module("django.conf").settings
    if not django_settings.configured:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    if not importlib.import_module("django.apps").apps.ready:
        importlib.import_module("django").setup()
