"""Writing the steps of a plan, many rows at a time. The caller holds the transaction and the lock."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.models import Manager, Model

from trueup.accounts.models import Account, AccountType, Installation, Member, Placement, Region, User
from trueup.accounts.rules import Tier
from trueup.catalog.models import BillingUnit, CreditRequirement, Service, ServiceMeasure, SolutionGroup, Terms
from trueup.kit.chunks import chunks
from trueup.kit.period import FOREVER
from trueup.ledger.models import Source
from trueup.network.rules import dated
from trueup.network.rules.plan import Plan, Step, Verb, outcome
from trueup.network.rules.tree import Key, State, Values
from trueup.network.tables.reading import account_ids, ids

_BATCH = 1000
_Row = dict[str, Any]


def _all(model: type[Model]) -> Manager[Any]:
    """The rows of a table."""
    return model._default_manager  # noqa: SLF001 -- the name Django gives it


def write(plan: Plan, present: State, wanted: State, *, invited_at: datetime | None = None) -> None:
    """Do all steps. People who are new were invited then, by a member; None: the operator knows them."""
    by_section: dict[str, list[Step]] = defaultdict(list)
    removing: list[Step] = []
    for step in plan.doing:
        (removing if step.verb == Verb.REMOVE else by_section[step.section]).append(step)
    for section, writer in _WRITERS.items():
        if steps := by_section[section]:
            entries = [(step, outcome(section, present[section].get(step.key, {}), wanted[section][step.key])) for step in steps]
            if section == "members":
                _people(entries, invited_at)
            writer(entries)
    for step in removing:
        _REMOVERS[step.section](step.key)


_Entries = Sequence[tuple[Step, Values]]


def _save(model: type[Model], entries: _Entries, row: Callable[[Key, Values], _Row], field: str = "code") -> None:
    """Add and change the rows of a table whose key is one unique field."""
    new = [model(**{field: step.key[0]}, **row(step.key, values)) for step, values in entries if step.verb == Verb.ADD]
    _all(model).bulk_create(new, batch_size=_BATCH)
    rows = {step.key[0]: row(step.key, values) for step, values in entries if step.verb != Verb.ADD}
    for chunk in chunks(sorted(rows)):
        known = list(_all(model).filter(**{f"{field}__in": chunk}))
        for item in known:
            for name, value in rows[getattr(item, field)].items():
                setattr(item, name, value)
        if known:
            _all(model).bulk_update(known, list(rows[chunk[0]]), batch_size=_BATCH)


def _touching(entries: _Entries, name: str) -> list[tuple[str, Values]]:
    """Of the entries of which an effective-dated field changes: key and values."""
    return [(step.key[0], values) for step, values in entries if any(dated.is_of(change.field, name) for change in step.changes)]


def _installation(entries: _Entries) -> None:
    for _, values in entries:
        Installation.objects.filter(id=1).update(**values)


def _regions(entries: _Entries) -> None:
    _save(Region, entries, lambda _key, values: values)


def _account_types(entries: _Entries) -> None:
    _save(AccountType, entries, lambda _key, values: values)


_ACCOUNT_FIELDS = ("tier", "name", "time_zone", "city", "state", "company_id", "usage_reports_excluded")


def _accounts(entries: _Entries) -> None:
    regions = dict(Region.objects.values_list("code", "pk"))
    types = dict(AccountType.objects.values_list("code", "pk"))

    def row(_key: Key, values: Values) -> _Row:
        plain = {name: values[name] for name in _ACCOUNT_FIELDS}
        return plain | {"region_id": regions.get(str(values["region"])), "type_id": types.get(str(values["type"]))}

    _save(Account, entries, row, "ref")
    histories = {ref: dated.entries(values, "parent") for ref, values in _touching(entries, "parent")}
    place(histories, new={step.key[0] for step, _ in entries if step.verb == Verb.ADD})


def place(histories: dict[str, list[tuple[date, str]]], *, new: set[str]) -> None:
    """Write the complete histories of accounts, by ref: from which day on below whom. `new` ones have none yet."""
    parents = {parent for history in histories.values() for _, parent in history}
    known = account_ids([*histories, *parents])
    for chunk in chunks([known[ref] for ref in histories if ref not in new]):
        Placement.objects.filter(account_id__in=chunk).delete()
    insert(
        Placement,
        ("account_id", "parent_id", "from_date", "until_date"),
        (
            (known[ref], known[parent], day.isoformat(), until.isoformat())
            for ref, history in histories.items()
            for (day, parent), (until, _) in pairwise([*history, (FOREVER, "")])
        ),
    )


def insert(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of plain values (dates as text) without building models: several times as fast for a million of them."""
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)  # noqa: SLF001 -- the name Django gives it
    names = ", ".join(quote(column) for column in columns)
    places = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", list(rows))  # noqa: S608 -- our own names


def _billing_units(entries: _Entries) -> None:
    _save(BillingUnit, entries, lambda _key, values: values)


def _solution_groups(entries: _Entries) -> None:
    vendors = dict(Account.objects.filter(tier=Tier.VENDOR).values_list("ref", "pk"))
    _save(
        SolutionGroup,
        entries,
        lambda _key, values: {"name": values["name"], "vendor_id": vendors[str(values["vendor"])], "position": values["position"]},
    )


_SERVICE_FIELDS = ("name", "reports_used", "chargeable_basis", "position")


def _services(entries: _Entries) -> None:
    groups = dict(SolutionGroup.objects.values_list("code", "pk"))
    units = dict(BillingUnit.objects.values_list("code", "pk"))

    def row(_key: Key, values: Values) -> _Row:
        plain = {name: values[name] for name in _SERVICE_FIELDS}
        return plain | {"group_id": groups[str(values["group"])], "unit_id": units[str(values["unit"])]}

    _save(Service, entries, row)
    _rewrite(ServiceMeasure, _touching(entries, "measure"), "measure", _measure)
    _rewrite(CreditRequirement, _touching(entries, "credits"), "credits", lambda text: {"per_unit": Decimal(text)})


def _measure(text: str) -> _Row:
    name, percentile = dated.measure_of(text)
    return {"name": name, "percentile": percentile}


def _rewrite(model: type[Model], services: list[tuple[str, Values]], name: str, row: Callable[[str], _Row]) -> None:
    """Replace what services say about an effective-dated field. Reports have copied what they needed of it."""
    known = ids(Service, "code")([code for code, _ in services])
    for chunk in chunks(sorted(known.values())):
        _all(model).filter(service_id__in=chunk).delete()
    _all(model).bulk_create(
        (
            model(service_id=known[code], from_date=day, **row(text))
            for code, values in services
            for day, text in dated.entries(values, name)
        ),
        batch_size=_BATCH,
    )  # fmt: skip


def _sources(entries: _Entries) -> None:
    _save(
        Source, entries, lambda _key, values: {"expected_daily": values["expected"], "keeps_unmapped": values["unmapped"] == "keep"}
    )  # fmt: skip


def _people(entries: _Entries, invited_at: datetime | None) -> None:
    """Who is new, and who has another name."""
    emails = {step.key[0]: values.get("name") for step, values in entries}
    people = User.objects.in_bulk(list(emails), field_name="email")
    new = [User(email=email, name=str(name or ""), invited_at=invited_at) for email, name in emails.items() if email not in people]
    for user in new:
        user.set_unusable_password()
    User.objects.bulk_create(new, batch_size=_BATCH)
    renamed = [user for email, user in people.items() if emails[email] not in (None, user.name)]
    for user in renamed:
        user.name = str(emails[user.email])
    User.objects.bulk_update(renamed, ["name"], batch_size=_BATCH)


def _members(entries: _Entries) -> None:
    user_ids = ids(User, "email")({step.key[0] for step, _ in entries})
    accounts = account_ids({step.key[1] for step, _ in entries})
    Member.objects.bulk_create(
        (Member(user_id=user_ids[step.key[0]], account_id=accounts[step.key[1]], role=str(values["role"])) for step, values in entries),
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["user", "account"],
        update_fields=["role"],
    )


def _terms(entries: _Entries) -> None:
    accounts = account_ids({step.key[0] for step, _ in entries if step.key[0]})
    for step, values in entries:  # a few hundred at most, and rarely changed
        account_id: Any = accounts[step.key[0]] if step.key[0] else None
        decimals = {name: Decimal(str(values[name])) for name in values if name.startswith("over_provision") and values[name] is not None}
        Terms.objects.update_or_create(account_id=account_id, from_date=date.fromisoformat(step.key[1]), defaults=values | decimals)


_WRITERS: dict[str, Callable[[_Entries], None]] = {
    "installation": _installation,
    "regions": _regions,
    "account_types": _account_types,
    "accounts": _accounts,
    "billing_units": _billing_units,
    "solution_groups": _solution_groups,
    "services": _services,
    "sources": _sources,
    "members": _members,
    "terms": _terms,
}

_REMOVERS: dict[str, Callable[[Key], object]] = {
    "regions": lambda key: Region.objects.filter(code=key[0]).delete(),
    "account_types": lambda key: AccountType.objects.filter(code=key[0]).delete(),
    "billing_units": lambda key: BillingUnit.objects.filter(code=key[0]).delete(),
    "sources": lambda key: Source.objects.filter(code=key[0]).delete(),
    "members": lambda key: Member.objects.filter(user__email=key[0], account__ref=key[1]).delete(),
    "terms": lambda key: Terms.objects.filter(account__ref=key[0] or None, from_date=date.fromisoformat(key[1])).delete(),
}
