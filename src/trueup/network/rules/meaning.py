"""What a file that has the right shape means: one set of values per entry, and everything that cannot be."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from trueup.accounts.rules import PARENT_TIER, Tier
from trueup.catalog.rules import ChargeableBasis, usual_decimals
from trueup.events.rules import Plain
from trueup.kit.errors import Invalid
from trueup.kit.period import BEGINNING, parse_zone
from trueup.kit.text import Text, text
from trueup.network.rules import dated
from trueup.network.rules.tree import A_TIER, SECTIONS, Key, Raw, State, Values, Wrong, nothing_named

_Entry = dict[str, Raw]
_Place = tuple[str | int, ...]
_KEYED_BY: Final[dict[str, str]] = {"accounts": "ref"}
_LISTS: Final = tuple(section for section in SECTIONS if section != "installation")


def understand(data: _Entry, wrong: list[Wrong], present: State) -> tuple[State, list[Wrong]]:
    """What is wanted, and everything that is wrong with it beside `wrong`, which the shape has shown already.

    Entries that `wrong` names are not looked at again, but count as known to others. `present` is what the database has.
    """
    if any(len(item.path) < 2 for item in wrong):
        return {}, []  # a whole section is missing: whatever refers to it would be reported in vain
    reader = _Reader(data, {item.path[:2] for item in wrong}, present)
    reader.read()
    return reader.wanted, reader.wrong


class _Reader:
    """Goes through the sections in order."""

    def __init__(self, data: _Entry, broken: set[_Place], present: State) -> None:
        self.wanted: State = {}
        self.wrong: list[Wrong] = []
        self._data = data
        self._broken = broken
        self._present = present
        self._people: dict[str, Plain] = {}
        self._known = {section: self._keys(section) for section in _LISTS}
        self._tiers = {key[0]: str(values["tier"]) for key, values in present.get("accounts", {}).items()}
        self._tiers |= {str(entry.get("ref")): str(entry.get("tier")) for _, entry in self._listed("accounts")}

    def read(self) -> None:
        """Read every section."""
        readers: dict[str, Callable[[_Place, _Entry], tuple[Key, Values]]] = {
            "regions": self._switch, "account_types": self._switch, "accounts": self._account, "billing_units": self._unit,
            "solution_groups": self._group, "services": self._service, "sources": self._source, "members": self._member,
            "terms": self._terms,
        }  # fmt: skip
        if isinstance(self._data.get("installation"), dict) and not any(path[0] == "installation" for path in self._broken):
            self._installation()
        for section in (section for section in _LISTS if section in self._data):
            self.wanted.setdefault(section, {})
            for index, entry in self._listed(section):
                if (section, index) not in self._broken:
                    key, values = readers[section]((section, index), entry)
                    self._add(section, key, values, (section, index))
        if "services" in self._data:
            self._name_units()

    def _listed(self, section: str) -> Iterator[tuple[int, _Entry]]:
        entries = self._data.get(section)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            if isinstance(entry, dict):
                yield index, entry

    def _keys(self, section: str) -> set[str]:
        """The codes or refs that may be named: those in the file and those in the database."""
        field = _KEYED_BY.get(section, "code")
        return {str(entry.get(field)) for _, entry in self._listed(section)} | {key[0] for key in self._present.get(section, {})}

    def _add(self, section: str, key: Key, values: Values, path: _Place) -> None:
        entries = self.wanted.setdefault(section, {})
        if key in entries:
            self._say(path, text("this entry is in the file twice"), "duplicate")
        entries[key] = values

    def _say(self, path: _Place, message: str, code: str) -> None:
        self.wrong.append(Wrong(path, message, code))

    @contextmanager
    def _at(self, path: _Place) -> Iterator[None]:
        """What is invalid in the block is wrong at `path`."""
        try:
            yield
        except Invalid as error:
            self._say(path, error.message, "invalid")

    def _refer(self, path: _Place, entry: _Entry, field: str, section: str) -> str | None:
        """The code or ref in a field, if there is one; it has to exist."""
        value = entry.get(field)
        if value is not None and value not in self._known[section]:
            self._say((*path, field), nothing_named(section, value), "unknown")
        return str(value) if value is not None else None

    def _zone(self, path: _Place, entry: _Entry, default: str) -> str:
        if "time_zone" not in entry:
            return default
        zone = str(entry["time_zone"])
        try:
            parse_zone(zone)
        except Invalid as error:
            self._say((*path, "time_zone"), error.message, "unknown_zone")
        return zone

    def _installation(self) -> None:
        entry = self._data["installation"]
        assert isinstance(entry, dict)  # noqa: S101 -- the caller has looked
        values: Values = {"currency": _text(entry, "currency", "USD"), "time_zone": self._zone(("installation",), entry, "UTC")}
        self.wanted["installation"] = {(): values | {"close_grace_days": _whole(entry, "close_grace_days")}}

    def _switch(self, _path: _Place, entry: _Entry) -> tuple[Key, Values]:
        """A region or an account type."""
        code = str(entry["code"])
        return (code,), {"name": _text(entry, "name", code), "usage_reports": entry.get("usage_reports", True) is True}

    def _unit(self, _path: _Place, entry: _Entry) -> tuple[Key, Values]:
        code = str(entry["code"])
        decimals = entry.get("decimals", usual_decimals(code))
        values: Values = {"name": _text(entry, "name", code), "decimals": int(str(decimals))}
        return (code,), values

    def _group(self, path: _Place, entry: _Entry) -> tuple[Key, Values]:
        code = str(entry["code"])
        return (code,), {"name": _text(entry, "name", code), "vendor": self._vendor(path, entry), "position": int(path[1])}

    def _vendor(self, path: _Place, entry: _Entry) -> str:
        """Whose group it is: said, as it was, or the only vendor there is."""
        before = self._present.get("solution_groups", {}).get((str(entry["code"]),), {}).get("vendor")
        if before is not None:
            if entry.get("vendor", before) != before:
                self._say(
                    (*path, "vendor"),
                    text("the vendor of a solution group never changes: it is “{vendor}”", vendor=before),
                    "vendor_changed",
                )
            return str(before)
        vendors = sorted(ref for ref, tier in self._tiers.items() if tier == Tier.VENDOR)
        if "vendor" in entry:
            if entry["vendor"] not in vendors:
                self._say((*path, "vendor"), text("there is no vendor “{name}”", name=entry["vendor"]), "unknown")
            return str(entry["vendor"])
        if len(vendors) != 1:
            several = text("there are several vendors ({vendors}): `vendor` must say whose group it is", vendors=", ".join(vendors))
            none = text("there is no account of the tier vendor whose group it could be")
            self._say((*path, "vendor"), several if vendors else none, "no_vendor")
        return vendors[0] if vendors else ""

    def _service(self, path: _Place, entry: _Entry) -> tuple[Key, Values]:
        code = str(entry["code"])
        unit = entry["unit"]
        values: Values = {
            "name": _text(entry, "name", code),
            "group": self._refer(path, entry, "group", "solution_groups"),
            "unit": str(unit["code"] if isinstance(unit, dict) else unit),
            "reports_used": entry.get("reports_used", True) is True,
            "chargeable_basis": _text(entry, "chargeable_basis", ChargeableBasis.USED),
            "position": int(path[1]),
        }
        self._keep_vendor((*path, "group"), code, str(entry["group"]))
        if isinstance(unit, dict):
            self._describe(unit, (*path, "unit"))
        return (code,), values | self._credits(path, entry) | self._measure(path, entry)

    def _keep_vendor(self, path: _Place, code: str, group: str) -> None:
        """Usage of a service is kept with its vendor's: it may go to another group, but only to one of the same vendor."""
        groups = self._present.get("solution_groups", {}) | self.wanted.get("solution_groups", {})
        old_group = self._present.get("services", {}).get((code,), {}).get("group", group)
        old, new = (groups.get((str(key),), {}).get("vendor") for key in (old_group, group))
        if old is not None and new is not None and old != new:
            message = text("the vendor of a service never changes: “{group}” is of {new}, not of {old}", group=group, new=new, old=old)
            self._say(path, message, "vendor_changed")

    def _describe(self, unit: _Entry, path: _Place) -> None:
        """A unit described beside a service; all its descriptions have to be the same."""
        key, values = self._unit(path, unit)
        if self.wanted.setdefault("billing_units", {}).setdefault(key, values) != values:
            self._say(path, text("the billing unit “{unit}” is described differently elsewhere in the file", unit=key[0]), "conflict")

    def _name_units(self) -> None:
        """Units that are only named exist with what is usual; of those that exist nothing is said."""
        units = self.wanted.setdefault("billing_units", {})
        for code in dict.fromkeys(str(values["unit"]) for values in self.wanted["services"].values()):
            usual: Values = {"name": code, "decimals": usual_decimals(code)}
            units.setdefault((code,), {} if (code,) in self._present.get("billing_units", {}) else usual)

    def _credits(self, path: _Place, entry: _Entry) -> Values:
        return self._dated((*path, "credits"), entry.get("credits"), "credits", lambda raw: dated.exact(raw["per_unit"], "per_unit"))

    def _measure(self, path: _Place, entry: _Entry) -> Values:
        raw = entry.get("measure")
        if raw is None or isinstance(raw, list):
            return self._dated((*path, "measure"), raw, "measure", dated.read_measure)
        found: Values = {}
        with self._at((*path, "measure")):
            found["measure"] = dated.read_measure(raw if isinstance(raw, dict) else {"name": raw})
        return found

    def _dated(self, path: _Place, raw: Raw, name: str, read: Callable[[_Entry], Plain]) -> Values:
        """A list of values that hold from a day on, one field each."""
        found: Values = {}
        for index, item in enumerate(raw if isinstance(raw, list) else []):
            assert isinstance(item, dict)  # noqa: S101 -- the schema has looked
            key = ""  # of a day that can't be read; then nothing of all this is done
            with self._at((*path, index, "from")):
                key = dated.field(name, dated.parse_day(item.get("from")))
                if key in found:
                    raise Invalid(_twice(item.get("from")))
            with self._at((*path, index, "percentile" if name == "measure" else "per_unit")):
                found[key] = read(item)
        return found

    def _account(self, path: _Place, entry: _Entry) -> tuple[Key, Values]:
        ref = str(entry["ref"])
        values: Values = {
            "tier": self._tier(path, ref, str(entry["tier"])),
            "name": _text(entry, "name", ref),
            "region": self._refer(path, entry, "region", "regions"),
            "type": self._refer(path, entry, "type", "account_types"),
            "time_zone": self._zone(path, entry, ""),
            "city": _text(entry, "city", ""),
            "state": _text(entry, "state", ""),
            "company_id": _text(entry, "company_id", ""),
            "usage_reports_excluded": entry.get("usage_reports_excluded") is True,
        }
        return (ref,), values | self._parents(path, entry)

    def _tier(self, path: _Place, ref: str, tier: str) -> str:
        before = self._present.get("accounts", {}).get((ref,), {}).get("tier", tier)
        if before != tier:
            message = text(
                "the tier of an account never changes: {ref} is {old}, not {new}", ref=ref, old=A_TIER[str(before)], new=A_TIER[tier]
            )
            self._say((*path, "tier"), message, "tier_changed")
        return tier

    def _parents(self, path: _Place, entry: _Entry) -> Values:
        """The history of the accounts above."""
        wanted = PARENT_TIER[Tier(str(entry["tier"]))]
        placements = entry.get("placements")
        said = [name for name in ("parent", "placements") if name in entry]
        if wanted is None:
            for name in said:
                self._say((*path, name), text("a vendor has no account above it"), "parent_of_vendor")
            return {}
        if len(said) != 1:
            missing = text("`parent` is missing: {one} belongs to {other}", one=A_TIER[str(entry["tier"])], other=A_TIER[wanted])
            self._say((*path, "parent"), text("give either `parent` or `placements`, not both") if said else missing, "parent")
            return {}
        if isinstance(placements, list):
            found = self._dated((*path, "placements"), placements, "parent", lambda raw: str(raw["parent"]))
            places: list[tuple[_Place, Raw]] = [((*path, "placements", index), raw) for index, raw in enumerate(placements)]
        else:
            found = {dated.field("parent", BEGINNING): str(entry["parent"])}
            places = [(path, entry)]
        for place, raw in places:
            if isinstance(raw, dict):
                self._check_parent((*place, "parent"), str(raw["parent"]), wanted)
        return found

    def _check_parent(self, path: _Place, ref: str, wanted: Tier) -> None:
        tier = self._tiers.get(ref)
        if tier is None:
            self._say(path, nothing_named("accounts", ref), "unknown")
        elif tier != wanted:
            is_one = A_TIER.get(tier, tier)
            message = text("the account above must be {wanted}, but “{ref}” is {tier}", wanted=A_TIER[wanted], ref=ref, tier=is_one)
            self._say(path, message, "wrong_tier")

    def _source(self, _path: _Place, entry: _Entry) -> tuple[Key, Values]:
        return (str(entry["code"]),), {"expected": entry.get("expected") == "daily", "unmapped": _text(entry, "unmapped", "refuse")}

    def _member(self, path: _Place, entry: _Entry) -> tuple[Key, Values]:
        account = self._refer(path, entry, "account", "accounts") or ""
        if self._tiers.get(account) == Tier.CUSTOMER:
            self._say((*path, "account"), text("“{ref}” is a customer: customers do not sign in", ref=account), "wrong_tier")
        email = str(entry["email"]).lower()
        values: Values = {"role": str(entry["role"])}
        if "name" in entry:
            values["name"] = str(entry["name"])
        if "name" in values and self._people.setdefault(email, values["name"]) != values["name"]:
            self._say((*path, "name"), text("{email} has another name elsewhere in the file", email=email), "conflict")
        return (email, account), values

    def _terms(self, path: _Place, entry: _Entry) -> tuple[Key, Values]:
        account = self._refer(path, entry, "account", "accounts") or ""
        if account and self._tiers.get(account) in {Tier.VENDOR, Tier.CUSTOMER}:
            tier = A_TIER[self._tiers[account]]
            message = text("terms are of a distributor or an MSP, but “{ref}” is {tier}", ref=account, tier=tier)
            self._say((*path, "account"), message, "wrong_tier")
        values: Values = {name: _plain(value) for name, value in entry.items() if name not in {"account", "from"} and value is not None}
        for name in ("over_provision_percent", "over_provision_units"):
            if name in values:
                with self._at((*path, name)):
                    values[name] = dated.exact(entry[name], name)
        from_date = BEGINNING
        with self._at((*path, "from")):
            from_date = dated.parse_day(entry.get("from"))
        return (account, from_date.isoformat()), dict.fromkeys(TERMS) | values


TERMS: Final = (
    "auto_submit_after_days", "resubmit_within_days", "reminder_days_before", "over_provision_percent", "over_provision_units",
    "penalty", "auto_approve", "zero_reports",
)  # fmt: skip
"""The fields of terms; None is: as the level above says."""


def _twice(day: Raw) -> Text:
    return text("there are two entries from {day} on", day=text("the beginning") if day is None else day)


def _text(entry: _Entry, field: str, default: str) -> str:
    value = entry.get(field)
    return default if value is None else str(value)


def _whole(entry: _Entry, field: str) -> int:
    return int(str(entry.get(field, 0)))


def _plain(value: Raw) -> Plain:
    """A checked value as an event keeps it."""
    if isinstance(value, list):
        return sorted({int(str(day)) for day in value}, reverse=True)  # type: ignore[return-value]
    return value if isinstance(value, str | bool | int) else str(value)
