"""One installation, as one caller."""

import time
from types import TracebackType
from typing import Self

import httpx

from trueup.client.answers import Me
from trueup.client.billing import BillingReports, Statements
from trueup.client.exchange import Profiles
from trueup.client.insight import Insight
from trueup.client.network import Entries, Network
from trueup.client.prices import PriceLists, PromoCodes
from trueup.client.programs import ApiClients, Webhooks
from trueup.client.reading import read
from trueup.client.reports import Cycles, Reports
from trueup.client.signing_in import ClientCredentials, FixedToken
from trueup.client.transport import TRIES, Http, Pause, Tokens, Transport, address
from trueup.client.usage import Usage
from trueup.kit.errors import Invalid


class Client:
    """One installation, as one caller. Safe to use from one thread at a time; close it, or use it in a `with`."""

    def __init__(
        self, url: str, *,
        token: str | None = None, client_id: str | None = None, secret: str | None = None, tokens: Tokens | None = None,
        account: str | None = None, tries: int = TRIES, pause: Pause = time.sleep, insecure: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:  # fmt: skip
        """Name the installation and one way to sign in: `token`, or `client_id` and `secret`, or `tokens` (`signing_in.SignedIn`).

        `account`: in which account a person with several memberships acts. `insecure` lets http:// reach other machines.
        Nothing is sent before the first call. Raises Invalid for an address or a sign-in that is none.
        """
        self.url = address(url, insecure=insecure)
        http = Http(self.url, tries=tries, pause=pause, transport=transport)
        self._transport = Transport(http, _tokens(token, client_id, secret, tokens), account=account)
        self.cycles = Cycles(self._transport)
        self.reports = Reports(self._transport)
        self.usage = Usage(self._transport, pause)
        self.profiles = Profiles(self._transport)
        self.prices = PriceLists(self._transport)
        self.promo_codes = PromoCodes(self._transport)
        self.billing = BillingReports(self._transport)
        self.statements = Statements(self._transport)
        self.insight = Insight(self._transport)
        self.network = Network(self._transport)
        self.clients = ApiClients(self._transport)
        self.views = Entries(self._transport, "/me/views")
        self.notifications = Entries(self._transport, "/me/notifications")
        self.webhooks = Webhooks(self._transport)

    def me(self) -> Me:
        """Who one is for the server. Raises SignedOut, Unreachable."""
        return read(Me, self._transport.get("/me").json)

    def close(self) -> None:
        """Give the connections back."""
        self._transport.http.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Give the connections back."""
        self.close()


def _tokens(token: str | None, client_id: str | None, secret: str | None, tokens: Tokens | None) -> Tokens:
    if (client_id is None) != (secret is None):
        raise Invalid("a program signs in with its client id and its secret: one of them is missing")
    program = ClientCredentials(client_id, secret) if client_id is not None and secret is not None else None
    ways: list[Tokens] = [way for way in (FixedToken(token) if token is not None else None, program, tokens) if way is not None]
    if len(ways) != 1:
        raise Invalid("name one way to sign in: a token, or a client id with its secret, or the tokens of a person")
    return ways[0]
