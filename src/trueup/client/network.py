"""The network and webhooks: entries that are listed, read, written and removed by their names."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trueup.client.answers import Entry, ImportedCustomers
from trueup.client.errors import Unreachable
from trueup.client.reading import read
from trueup.client.transport import Answer, Transport, new_key
from trueup.client.uploading import CSV, ROWS_REFUSED, uploading
from trueup.kit.addresses import encoded
from trueup.kit.progress import Progress, Silence


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of one kind. A change names the version that was read (`entry.version`), `*` any; None: there is none yet.

    Every change raises NotFound, NotAllowed, Stale (with `current`) if somebody was faster, Conflict, Invalid.
    """

    transport: Transport
    path: str

    def list(self, **filters: str | None) -> Iterator[Entry]:
        """All of them, as far as one sees them."""
        return (Entry(one) for one in self.transport.pages(self.path, filters))

    def get(self, *name: str) -> Entry:
        """One entry, by its name (of terms in force from a day on: account and day). Raises NotFound."""
        return entry(self.transport.get(self._one(*name)))

    def put(self, *name: str, values: Mapping[str, Any], version: str | None = None) -> Entry:
        """Make an entry (`version` None: there is none yet), or replace it as a whole."""
        return entry(self.transport.call("PUT", self._one(*name), json=dict(values), version=version))

    def change(self, *name: str, values: Mapping[str, Any], version: str) -> Entry:
        """Change some values of an entry."""
        return entry(self.transport.call("PATCH", self._one(*name), json=dict(values), version=version))

    def remove(self, *name: str, version: str) -> None:
        """Remove an entry that nothing depends on."""
        self.transport.call("DELETE", self._one(*name), version=version)

    def _one(self, *name: str) -> str:
        return "/".join((self.path, *map(encoded, name)))


class Network:
    """`client.network`: accounts, catalog, sources, terms, members."""

    def __init__(self, transport: Transport) -> None:
        self.accounts = Entries(transport, "/accounts")
        self.solution_groups = Entries(transport, "/solution-groups")
        self.services = Entries(transport, "/services")
        self.billing_units = Entries(transport, "/billing-units")
        self.regions = Entries(transport, "/regions")
        self.account_types = Entries(transport, "/account-types")
        self.sources = Entries(transport, "/sources")
        self.terms = Entries(transport, "/terms")
        self._transport = transport

    def placements(self, ref: str) -> Entry:
        """Which parent an account has, from when on. Raises NotFound."""
        return entry(self._transport.get(f"/accounts/{encoded(ref)}/placements"))

    def place(self, ref: str, placements: Iterable[Mapping[str, str | None]], *, version: str) -> Entry:
        """Say anew which parent (`parent`) an account has, from which day on (`from`)."""
        said = {"placements": [dict(one) for one in placements]}
        return entry(self._transport.call("PUT", f"/accounts/{encoded(ref)}/placements", json=said, version=version))

    def history(self, ref: str) -> Iterator[Entry]:
        """What was changed of an account. Raises NotFound."""
        return (Entry(one) for one in self._transport.pages(f"/accounts/{encoded(ref)}/history"))

    def import_customers(self, file: Path | str, *, dry_run: bool = False, progress: Progress | None = None) -> ImportedCustomers:
        """Add, rename and move customers as a CSV file with the columns ref, name, msp and from says: all of it or nothing.

        Rows that are bad are no error: they are in the answer. Raises Invalid, NotAllowed.
        """
        told = progress or Silence()
        with uploading(Path(file), kind=CSV, compression=None, progress=told) as upload:
            answer = self._transport.call(
                "POST", "/customers", params={"dry_run": dry_run or None}, headers=upload.headers, body=upload.body, key=new_key(),
                answers=ROWS_REFUSED,
            )  # fmt: skip
        told.finish()
        said = answer.json if isinstance(answer.json, dict) else {}
        return read(ImportedCustomers, {**said, "refused": said.get("errors", ())})

    def members(self) -> Iterator[Entry]:
        """The people of the accounts one sees."""
        return (Entry(one) for one in self._transport.pages("/members"))

    def members_of(self, ref: str) -> Entries:
        """The people of an account, by their e-mail addresses: to `put` and `remove`."""
        return Entries(self._transport, f"/accounts/{encoded(ref)}/members")


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


def entry(answer: Answer) -> Entry:
    """An entry as it was answered; nothing is an empty one. Raises Unreachable for what is none."""
    if answer.json is None:
        return Entry({}, answer.version)
    if not isinstance(answer.json, dict):
        raise Unreachable("the server does not answer as this version of TrueUp expects: an entry is an object")
    return Entry(answer.json, answer.version)
