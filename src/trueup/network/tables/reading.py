"""What the database has, in the words of the file."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet

from trueup.accounts.models import Account, AccountType, Installation, Member, Placement, Region
from trueup.accounts.rules import Tier, Viewer
from trueup.catalog.models import BillingUnit, CreditRequirement, Service, ServiceMeasure, SolutionGroup, Terms
from trueup.kit.chunks import chunks
from trueup.kit.quantity import plain
from trueup.ledger.models import BatchPart, Source
from trueup.network.rules import dated
from trueup.network.rules.meaning import TERMS
from trueup.network.rules.tree import Key, State, Values

DEFAULT_SOURCE = "default"
"""Made by the ledger for imports that name none; it is nobody's entry."""

_Model = TypeVar("_Model", bound=Model)


def present(refs: Collection[str]) -> State:
    """All there is, apart from customers that are not among `refs`."""
    return {
        "installation": {(): _installation()},
        "regions": switches(Region.objects.all()),
        "account_types": switches(AccountType.objects.all()),
        "accounts": _accounts(refs),
        "billing_units": units(BillingUnit.objects.all()),
        "solution_groups": groups(SolutionGroup.objects.all()),
        "services": services(Service.objects.all()),
        "sources": sources(Source.objects.all()),
        "members": members(Member.objects.all()),
        "terms": terms(Terms.objects.all()),
    }


def _installation() -> Values:
    row = Installation.objects.filter(id=1).first() or Installation(id=1)
    return {"currency": row.currency, "time_zone": row.time_zone, "close_grace_days": row.close_grace_days}


def switches(rows: "QuerySet[Region] | QuerySet[AccountType]") -> dict[Key, Values]:
    """Regions or account types."""
    return {(code,): {"name": name, "usage_reports": allowed} for code, name, allowed in rows.values_list("code", "name", "usage_reports")}


def units(rows: QuerySet[BillingUnit]) -> dict[Key, Values]:
    """Billing units."""
    return {(code,): {"name": name, "decimals": decimals} for code, name, decimals in rows.values_list("code", "name", "decimals")}


def groups(rows: QuerySet[SolutionGroup]) -> dict[Key, Values]:
    """Solution groups, in the order of the report."""
    found = rows.order_by("position", "code").values_list("code", "name", "vendor__ref", "position")
    return {(code,): {"name": name, "vendor": vendor, "position": at} for code, name, vendor, at in found}


def sources(rows: QuerySet[Source]) -> dict[Key, Values]:
    """Sources, but for the one the ledger has made for itself."""
    found = rows.exclude(code=DEFAULT_SOURCE).values_list("code", "expected_daily", "keeps_unmapped")
    return {(code,): {"expected": daily, "unmapped": "keep" if keeps else "refuse"} for code, daily, keeps in found}


def _accounts(refs: Collection[str]) -> dict[Key, Values]:
    above = Account.objects.exclude(tier=Tier.CUSTOMER)
    found = of_accounts(above, Placement.objects.filter(account__in=above))
    for chunk in chunks(sorted(refs)):
        named = Account.objects.filter(ref__in=chunk, tier=Tier.CUSTOMER)
        found |= of_accounts(named, Placement.objects.filter(account__ref__in=chunk))
    return found


_ACCOUNT_FIELDS = ("tier", "name", "region__code", "type__code", "time_zone", "city", "state", "company_id", "usage_reports_excluded")


def of_accounts(accounts: QuerySet[Account], placements: QuerySet[Placement]) -> dict[Key, Values]:
    """Accounts and their placements."""
    rows = accounts.order_by("pk").values_list("ref", *_ACCOUNT_FIELDS)
    names = [name.removesuffix("__code") for name in _ACCOUNT_FIELDS]
    found: dict[Key, Values] = {(row[0],): dict(zip(names, row[1:], strict=True)) for row in rows}
    for ref, parent, from_date in placements.order_by("from_date").values_list("account__ref", "parent__ref", "from_date"):
        if (ref,) in found:
            found[ref,][dated.field("parent", from_date)] = parent
    return found


def services(rows: QuerySet[Service]) -> dict[Key, Values]:
    """Services, in the order of the report, and all they say from a day on."""
    names = ("name", "group__code", "unit__code", "reports_used", "chargeable_basis", "position")
    keys = [name.removesuffix("__code") for name in names]
    ordered = rows.order_by("position", "code").values_list("code", *names)
    found: dict[Key, Values] = {(row[0],): dict(zip(keys, row[1:], strict=True)) for row in ordered}
    for code, day, name, at in _by_day(ServiceMeasure.objects.filter(service__in=rows), "name", "percentile"):
        found[code,][dated.field("measure", day)] = dated.measure_text(name, at)
    for code, day, per_unit in _by_day(CreditRequirement.objects.filter(service__in=rows), "per_unit"):
        found[code,][dated.field("credits", day)] = plain(per_unit)
    return found


def _by_day(rows: QuerySet[Any], *fields: str) -> Iterable[Any]:
    return rows.order_by("from_date").values_list("service__code", "from_date", *fields)


def members(rows: QuerySet[Member]) -> dict[Key, Values]:
    """Members, by e-mail address and account."""
    found = rows.order_by("pk").values_list("user__email", "account__ref", "role", "user__name")
    return {(email, ref): {"role": role, "name": name} for email, ref, role, name in found}


def terms(rows: QuerySet[Terms]) -> dict[Key, Values]:
    """Terms, by account and day."""
    found = rows.select_related("account").order_by("pk")
    return {(entry.account.ref if entry.account else "", entry.from_date.isoformat()): values_of_terms(entry) for entry in found}


def values_of_terms(entry: Terms) -> Values:
    """What one entry of terms says."""
    values: Values = {}
    for name in TERMS:
        value: Any = getattr(entry, name)
        values[name] = plain(value) if name.startswith("over_provision") else value
    return values


def in_use(before: State, wanted: State) -> dict[str, set[Key]]:
    """The entries something will still refer to, once what is wanted is written."""
    services_then = before["services"] | wanted.get("services", {})
    return {
        "regions": _used_by_accounts(before, wanted, "region"),
        "account_types": _used_by_accounts(before, wanted, "type"),
        "billing_units": {(str(values["unit"]),) for values in services_then.values()},
        "sources": {(code,) for code in sources_in_use()},
    }


def _used_by_accounts(before: State, wanted: State, field: str) -> set[Key]:
    """Counted in the database, because customers that the file does not name are not in `before`."""
    rows = Account.objects.values_list(f"{field}__code").annotate(accounts=Count("pk")).order_by()
    counted: Counter[Any] = Counter(dict(rows))
    for key, values in wanted.get("accounts", {}).items():
        if key in before["accounts"]:
            counted[before["accounts"][key][field]] -= 1
        counted[values[field]] += 1
    return {(code,) for code, accounts in counted.items() if code is not None and accounts > 0}


def sources_in_use() -> set[str]:
    """The sources that have delivered something, or have names mapped for them."""
    # Asked of each by itself: joined, the rows of one kind would be multiplied by those of the others.
    of = ("batches", "days", "unmapped_records", "mappings")
    used = Q()
    for kind in of:
        used |= Q(Exists(Source.objects.filter(**{"pk": OuterRef("pk"), f"{kind}__isnull": False})))
    return set(Source.objects.filter(used).values_list("code", flat=True))


def ids(model: type[_Model], field: str) -> Callable[[Collection[Any]], dict[Any, int]]:
    """A lookup of ids by a unique field."""

    def look_up(values: Collection[Any]) -> dict[Any, int]:
        found: dict[Any, int] = {}
        for chunk in chunks(sorted(set(values))):
            rows = model._default_manager.filter(**{f"{field}__in": chunk}).values_list(F(field), F("pk"))  # noqa: SLF001 -- the name Django gives it
            found.update((value, pk) for value, pk in rows)
        return found

    return look_up


account_ids = ids(Account, "ref")


@dataclass(frozen=True, slots=True)
class Seen:
    """What of all that is present a viewer sees. `days`: of the one customer or account in question, from which days on its placements."""

    accounts: frozenset[str]
    groups: frozenset[str]
    sources: bool
    days: frozenset[date] | None


def seen_by(viewer: Viewer, ref: str) -> Seen:
    """What a viewer sees of the accounts that are no customers, of the account `ref`, and of the catalog."""
    accounts = Account.objects.visible_to(viewer).filter(~Q(tier=Tier.CUSTOMER) | Q(ref=ref))
    sold = SolutionGroup.objects.visible_to(viewer).values_list("code", flat=True)
    placed = Placement.objects.visible_to(viewer).filter(account__ref=ref).values_list("from_date", flat=True)
    days = None if viewer.sees_all or not ref else frozenset(placed)
    keeps = viewer.sees_all or viewer.tier == Tier.VENDOR
    return Seen(frozenset(accounts.values_list("ref", flat=True)), frozenset(sold), keeps, days)


def ref_of(viewer: Viewer) -> str:
    """The ref of the viewer's own account; empty for the operator."""
    if viewer.account_id is None:
        return ""
    return Account.objects.values_list("ref", flat=True).get(pk=viewer.account_id)


def used_elsewhere(viewer: Viewer, section: str, code: str) -> bool:
    """Whether an entry of a shared list is used outside the viewer's subtree."""
    match section:
        case "regions" | "account_types":
            of = {"region__code": code} if section == "regions" else {"type__code": code}
            return Account.objects.filter(**of).exclude(pk__in=Account.objects.visible_to(viewer)).exists()
        case "billing_units":
            return Service.objects.filter(unit__code=code).exclude(pk__in=Service.objects.visible_to(viewer)).exists()
    parts = BatchPart.objects.filter(batch__source__code=code)
    return parts.exclude(pk__in=BatchPart.objects.visible_to(viewer)).exists()
