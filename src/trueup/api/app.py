"""The API as a whole: its operations by what they are about."""

from functools import lru_cache
from typing import Final

from django.conf import settings
from ninja import NinjaAPI, Router

from trueup import __version__
from trueup.api import openapi, problems
from trueup.api.bodies import Bodies
from trueup.api.endpoints import (
    accounts,
    batches,
    billing,
    billing_details,
    catalog,
    clients,
    customers,
    cycles,
    deliveries,
    events,
    exchange,
    exports,
    insight,
    me,
    members,
    network_history,
    own_settings,
    price_files,
    price_history,
    price_promos,
    prices,
    report_list,
    report_parts,
    report_several,
    report_writing,
    statement_customers,
    statements,
    terms,
    unmapped,
    usage,
    waiting,
    webhooks,
)

ROUTERS: Final[tuple[tuple[str, Router], ...]] = (
    ("Yourself", me.router),
    ("Yourself", own_settings.router),
    ("Files", exports.router),  # before what takes any word for a month or a number
    ("Cycles", cycles.router),
    ("Reports", report_list.router),
    ("Reports", report_writing.router),
    ("Reports", report_parts.router),
    ("Reports", report_several.router),
    ("Reports", waiting.router),
    ("Accounts", accounts.router),
    ("Accounts", customers.router),
    ("Accounts", network_history.router),
    ("Catalog", catalog.router),
    ("Terms", terms.router),
    ("Members", members.router),
    ("API clients", clients.router),
    ("Usage", usage.router),
    ("Batches", deliveries.router),
    ("Batches", batches.router),
    ("Unknown names", unmapped.router),
    ("Usage in small pieces", events.router),
    ("Exchange", exchange.router),
    ("Prices", prices.router),
    ("Prices", price_promos.router),
    ("Prices", price_files.router),
    ("Prices", price_history.router),
    ("Billing reports", billing.router),
    ("Statements", statements.router),
    ("Statements", billing_details.router),
    ("Customer bills", statement_customers.router),
    ("Insight", insight.router),
    ("Webhooks", webhooks.router),
)
"""The operations, under the heading the documentation gives them."""


class Api(NinjaAPI):
    """The operations, and the document that describes them."""

    def get_openapi_schema(self, **_: object) -> openapi.Document:
        """The document, wherever it is asked for."""
        return _document(self, settings.TRUEUP_URL)


@lru_cache(maxsize=4)
def _document(api: NinjaAPI, at: str) -> openapi.Document:
    """It takes seconds, and is the same as long as the portal is where it is: written once in a process."""
    return openapi.Document(api, at)


def make() -> NinjaAPI:
    """The API with all its operations."""
    api = Api(title="TrueUp", version=__version__, urls_namespace="api", parser=Bodies(), docs=openapi.Page())
    problems.register(api)
    for heading, router in ROUTERS:
        api.add_router("", router, tags=[heading])
    return api


api = make()
