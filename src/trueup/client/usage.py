"""Usage: sending it, and what is recorded."""

import csv
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from trueup.client.answers import (
    Batch,
    Delivery,
    DeliveryState,
    Mapped,
    MappedName,
    RefusedEvent,
    RefusedRow,
    UnmappedName,
    UsageRecord,
)
from trueup.client.errors import Unreachable
from trueup.client.packing import Compression
from trueup.client.reading import read
from trueup.client.transport import Answer, Pause, Transport, listed
from trueup.client.uploading import CSV, ROWS_REFUSED, uploading
from trueup.kit.cells import safe_cell
from trueup.kit.errors import Invalid
from trueup.kit.period import Month, instant_text
from trueup.kit.progress import Progress, Silence

_POLL: Final = 1
"""Seconds between two looks at a delivery that is being worked on."""

_LARGE: Final = 20 * 2**20
"""Bytes from which on a delivery is worked on while nobody waits for the answer: proxies give up on long ones."""


class Usage:
    """`client.usage`."""

    def __init__(self, transport: Transport, pause: Pause = time.sleep) -> None:
        self._transport = transport
        self._pause = pause

    def send_file(
        self, file: Path | str, *,
        source: str | None = None, key: str | None = None, accept_valid: bool = False, dry_run: bool = False,
        profile: str | None = None, day: date | None = None,
        compression: Compression | None = None, progress: Progress | None = None,
    ) -> Delivery:  # fmt: skip
        """Send a CSV, NDJSON or Parquet file, as a whole or (`accept_valid`) what is good of it; it is read from the disk as it is sent.

        It may be packed by gzip or zstd already; else `compression` packs it.

        The same delivery twice (same key, or same content from the same source) changes nothing, so it is sent again where the
        network fails. Rows that are bad are no error: they are in the answer. With a mapping `profile` it is a CSV file of any layout,
        of 20 MB at most; `day` stands in for a day that the profile says. Raises Invalid, Conflict, NotFound for the profile,
        NotAllowed, Unreachable.
        """
        told = progress or Silence()
        with uploading(Path(file), kind=CSV if profile else None, compression=compression, progress=told) as upload:
            headers = upload.headers
            if upload.size >= _LARGE and not dry_run and not profile:
                self._transport.get("/me")  # an old token is found out before all of it was sent
                headers["Prefer"] = "respond-async"
            asked = _asked(source, accept_valid, dry_run) | {"profile": profile, "day": day}
            return self._send(headers, told, key, asked, body=upload.body)

    def send(
        self, records: Iterable[Mapping[str, Any]], *,
        source: str | None = None, key: str | None = None, accept_valid: bool = False, dry_run: bool = False,
    ) -> Delivery:  # fmt: skip
        """Send records: day, customer, service, provisioned_units and, where they are known, used_units and allocated_credits."""
        said = [{name: str(value) for name, value in record.items() if value is not None} for record in records]
        return self._send({}, Silence(), key, _asked(source, accept_valid, dry_run), json={"records": said})

    def _send(self, headers: dict[str, str], told: Progress, key: str | None, params: dict[str, Any], **what: Any) -> Delivery:
        try:
            answer = self._transport.call("POST", "/usage", params=params, headers=headers, key=key, answers=ROWS_REFUSED, **what)
            return self._awaited(answer) if answer.status == 202 else _delivery(answer.json)
        finally:
            told.finish()

    def _awaited(self, answer: Answer) -> Delivery:
        """What became of a delivery, once the server is done with it. Raises Invalid if nothing of it could be read."""
        place = answer.headers.get("Location", "").partition("/api/v1")[2]
        if not place:
            raise Unreachable("the server does not say where to ask what became of the delivery")
        while (found := _object(self._transport.get(place).json)).get("state") in {"waiting", "working"}:
            self._pause(_POLL)
        why = found.get("error")
        if isinstance(why, dict) and why.get("code") not in ROWS_REFUSED:
            raise Invalid(str(why.get("detail") or "the delivery could not be taken in"))
        return _delivery(found)

    def refused_rows(self, delivery: Delivery) -> Iterator[RefusedRow]:
        """Every problem of a delivery in the order of the rows. Raises NotFound, Unreachable."""
        if delivery.refused_csv is None:
            return iter(delivery.refused)
        return self._refused(delivery.refused_csv.partition("/api/v1")[2], {one.reason: one.message for one in delivery.refused})

    def _refused(self, place: str, sentences: Mapping[str, str]) -> Iterator[RefusedRow]:
        for row in csv.DictReader(_with_ends(self._transport.lines(place))):
            reason = row["reason"]
            yield RefusedRow(int(row["row"]), row["column"], _as_sent(row["value"]), reason, sentences.get(reason, reason))

    def records(
        self, month: Month | str, *,
        msp: str | None = None, customer: str | None = None, service: str | None = None, as_of: datetime | None = None,
    ) -> Iterator[UsageRecord]:  # fmt: skip
        """The records of a month that count (at `as_of`), by day, MSP, customer and service. Raises NotFound."""
        known = instant_text(as_of) if as_of else None
        wanted = {"month": month, "msp": msp, "customer": customer, "service": service, "as_of": known}
        return (read(UsageRecord, one) for one in self._transport.pages("/usage", wanted))

    def unmapped(self) -> Iterator[UnmappedName]:
        """The names that could not be matched."""
        return (read(UnmappedName, one) for one in self._transport.pages("/unmapped"))

    def map(self, name: str, *, customer: str | None = None, service: str | None = None, source: str | None = None) -> Mapped:
        """Say which customer or service a name stands for. Raises NotFound, Invalid, Conflict, NotAllowed."""
        if (customer is None) == (service is None):
            raise Invalid("a name stands for either a customer or a service")
        said = {"name": name, "customer": customer, "service": service, "source": source}
        answer = self._transport.call("POST", "/mappings", json={what: value for what, value in said.items() if value is not None})
        return read(Mapped, answer.json)

    def map_several(self, names: Iterable[Mapping[str, str]]) -> tuple[MappedName, ...]:
        """The same of many names, each by itself: objects with name, customer or service, and source. Raises Invalid, NotAllowed."""
        said = {"mappings": [dict(one) for one in names]}
        return tuple(read(MappedName, one) for one in listed(self._transport.call("POST", "/mappings/batch", json=said), "results"))

    def batches(self) -> Iterator[Batch]:
        """What the ledger has taken in, the last first."""
        return (read(Batch, one) for one in self._transport.pages("/batches"))

    def batch(self, number: int) -> Batch:
        """One batch, with its days. Raises NotFound."""
        return read(Batch, self._transport.get(f"/batches/{number}").json)

    def deliveries(self, *, state: str | None = None) -> Iterator[DeliveryState]:
        """What was sent to be worked on later, the last first; `state`: waiting, working, done or failed."""
        return (read(DeliveryState, one) for one in self._transport.pages("/deliveries", {"state": state}))

    def delivery(self, number: int) -> DeliveryState:
        """One of them. Raises NotFound."""
        return read(DeliveryState, self._transport.get(f"/deliveries/{number}").json)

    def refused_events(self) -> Iterator[RefusedEvent]:
        """The events that could not be stored."""
        return (read(RefusedEvent, one) for one in self._transport.pages("/events/refused"))

    def retry_events(self, numbers: Iterable[int] | None = None) -> int:
        """Try refused events again, all of them or some; returns how many. Raises NotAllowed."""
        said = {} if numbers is None else {"ids": [*numbers]}
        return int(self._transport.call("POST", "/events/refused/retry", json=said).json["retried"])


def _asked(source: str | None, accept_valid: bool, dry_run: bool) -> dict[str, Any]:
    return {"source": source, "accept_valid": accept_valid or None, "dry_run": dry_run or None}


def _object(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise Unreachable("the server does not answer as this version of TrueUp expects: a delivery is an object")
    return found


def _delivery(found: Any) -> Delivery:
    """A delivery; one that was refused as a whole is a problem document with its rows as errors."""
    said = _object(found)
    return read(Delivery, {**said, "refused": said.get("refused", said.get("errors"))})


def _with_ends(lines: Iterator[str]) -> Iterator[str]:
    return (f"{line}\n" for line in lines)


def _as_sent(cell: str) -> str:
    """A value without the apostrophe that keeps spreadsheets from taking it for a formula."""
    inside = cell.removeprefix("'")
    return inside if safe_cell(inside) == cell else cell
