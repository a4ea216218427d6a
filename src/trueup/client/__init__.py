"""Python programs talk to an installation of TrueUp with this: the same rules, typed, one call after the other.

from trueup.client import Client

with Client("https://trueup.example.com", client_id="…", secret="…") as client:
    client.usage.send_file("usage.csv")
    for report in client.reports.list(status="under_review"):
        print(report.cycle, report.msp, report.deadline)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from trueup.client.answers import LineEdit
    from trueup.client.client import Client
    from trueup.client.errors import Changed, SignedOut, Unreachable
    from trueup.client.reports import ANY
    from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, TrueUpError

__all__ = [
    "ANY", "Changed", "Client", "Conflict", "Invalid", "LineEdit", "NotAllowed", "NotFound", "SignedOut", "TrueUpError", "Unreachable",
]  # fmt: skip

_WHERE: Final = {"ANY": "reports", "Client": "client", "LineEdit": "answers"}


def __getattr__(name: str) -> object:
    """Loaded when it is first used: who only needs the dataclasses needs no HTTP."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE.get(name, 'errors')}"), name)
