"""The network: entries that are listed, read, written and removed by their names."""

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

    def history(self, ref: str | None = None) -> Iterator[Entry]:
        """What was changed of an account; None: of what belongs to no account. Raises NotFound, NotAllowed."""
        return (Entry(one) for one in self._transport.pages("/history" if ref is None else f"/accounts/{encoded(ref)}/history"))

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

    def invite(self, ref: str, email: str) -> Entry:
        """Send a person who has not signed up yet the invitation again. Raises NotFound, Conflict, NotAllowed."""
        return entry(self._transport.call("POST", f"/accounts/{encoded(ref)}/members/{encoded(email)}/invitation"))


def entry(answer: Answer) -> Entry:
    """An entry as it was answered; nothing is an empty one. Raises Unreachable for what is none."""
    if answer.json is None:
        return Entry({}, answer.version)
    if not isinstance(answer.json, dict):
        raise Unreachable("the server does not answer as this version of TrueUp expects: an entry is an object")
    return Entry(answer.json, answer.version)
