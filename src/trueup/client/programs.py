"""Programs: the API clients of accounts, and webhooks."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trueup.client.answers import ApiClient, Entry
from trueup.client.network import Entries, entry
from trueup.client.reading import read
from trueup.client.transport import Answer, Transport
from trueup.kit.addresses import encoded


class ApiClients:
    """`client.clients`: the programs of the account, and of those below it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[ApiClient]:
        """All of them. Raises NotAllowed."""
        return (read(ApiClient, one) for one in self._transport.pages("/clients"))

    def get(self, client_id: str) -> ApiClient:
        """One of them. Raises NotFound."""
        return _client(self._transport.get(f"/clients/{encoded(client_id)}"))

    def create(self, name: str, scopes: Iterable[str], *, account: str | None = None) -> ApiClient:
        """Make a program; its `secret` is shown only now. Raises Invalid, NotAllowed."""
        said = {"name": name, "scopes": [*scopes]} | ({"account": account} if account is not None else {})
        return _client(self._transport.call("POST", "/clients", json=said))

    def change(self, client_id: str, *, name: str | None = None, scopes: Iterable[str] | None = None, version: str) -> ApiClient:
        """Call it otherwise, or give it other scopes. Raises Changed, Invalid, NotAllowed."""
        said: dict[str, Any] = {"name": name, "scopes": None if scopes is None else [*scopes]}
        wanted = {what: value for what, value in said.items() if value is not None}
        return _client(self._transport.call("PATCH", f"/clients/{encoded(client_id)}", json=wanted, version=version))

    def rotate(self, client_id: str, *, overlap_hours: int = 24) -> ApiClient:
        """A new `secret`, shown only now; the one before works for a while. Raises NotFound, Conflict, NotAllowed."""
        return _client(self._transport.call("POST", f"/clients/{encoded(client_id)}/rotate", json={"overlap_hours": overlap_hours}))

    def revoke(self, client_id: str) -> None:
        """End a program at once and for good. Raises NotFound, NotAllowed."""
        self._transport.call("POST", f"/clients/{encoded(client_id)}/revoke")


def _client(answer: Answer) -> ApiClient:
    return read(ApiClient, {**answer.json, "version": answer.version} if isinstance(answer.json, dict) else answer.json)


class Webhooks:
    """`client.webhooks`: where events are sent to."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._entries = Entries(transport, "/webhooks")

    def list(self) -> Iterator[Entry]:
        """The webhooks of the account."""
        return self._entries.list()

    def get(self, webhook: int | str) -> Entry:
        """One of them. Raises NotFound."""
        return self._entries.get(str(webhook))

    def add(self, url: str, types: Iterable[str] = (), **more: Any) -> Entry:
        """Have events of some types (none: of all) sent to an address. The answer has the signing secret, which is shown only now.

        Raises Invalid, NotAllowed.
        """
        return entry(self._transport.call("POST", "/webhooks", json={"url": url, "types": [*types], **more}))

    def change(self, webhook: int | str, values: Mapping[str, Any], *, version: str) -> Entry:
        """Change some of its values."""
        return self._entries.change(str(webhook), values=values, version=version)

    def remove(self, webhook: int | str, *, version: str) -> None:
        """Send nothing there any more."""
        self._entries.remove(str(webhook), version=version)

    def rotate_secret(self, webhook: int | str) -> Entry:
        """A new signing secret, which is shown only now; the old one counts for a while too."""
        return self._do(webhook, "rotate-secret")

    def test(self, webhook: int | str) -> Entry:
        """Send a test event."""
        return self._do(webhook, "test")

    def deliveries(self, webhook: int | str) -> Iterator[Entry]:
        """What was sent, and what was answered."""
        return (Entry(one) for one in self._transport.pages(f"/webhooks/{encoded(str(webhook))}/deliveries"))

    def replay(self, webhook: int | str, number: int | str) -> Entry:
        """Send a delivery again."""
        return self._do(webhook, f"deliveries/{encoded(str(number))}/replay")

    def event_types(self) -> Iterator[Entry]:
        """What a webhook can be told of."""
        return (Entry(one) for one in self._transport.pages("/webhook-events"))

    def _do(self, webhook: int | str, what: str) -> Entry:
        return entry(self._transport.call("POST", f"/webhooks/{encoded(str(webhook))}/{what}"))
