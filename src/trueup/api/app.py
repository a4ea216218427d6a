"""The API as a whole: its operations by what they are about."""

from typing import Final

from ninja import NinjaAPI, Router

from trueup import __version__
from trueup.api import problems
from trueup.api.endpoints import accounts, catalog, events, exchange, me, members, terms

ROUTERS: Final[tuple[tuple[str, Router], ...]] = (
    ("Yourself", me.router),
    ("Accounts", accounts.router),
    ("Catalog", catalog.router),
    ("Terms", terms.router),
    ("Members", members.router),
    ("Usage in small pieces", events.router),
    ("Exchange", exchange.router),
)
"""The operations, under the heading the documentation gives them."""


def make() -> NinjaAPI:
    """The API with all its operations."""
    api = NinjaAPI(
        title="TrueUp",
        version=__version__,
        urls_namespace="api",
        description="The monthly true-up for programs: usage in, reports out. Numbers are strings, so that no digit is lost.",
    )
    problems.register(api)
    for heading, router in ROUTERS:
        api.add_router("", router, tags=[heading])
    return api


api = make()
