"""Promo codes of a billing report. What a code unlocked when it was submitted is copied into the document, as prices are: late usage of
the month is charged by that, whatever its vendor has done to the code since."""

from collections.abc import Mapping, Sequence

from trueup.kit.text import Text
from trueup.prices.queries import promo_code
from trueup.prices.rules.definition import read_promo_code
from trueup.prices.rules.documents import promo_document
from trueup.prices.rules.lists import PriceList
from trueup.prices.rules.promos import PromoCode
from trueup.statements.models import BillingReport
from trueup.statements.rules.documents import Document
from trueup.statements.rules.settlement import ChargedLine

Unlocked = Mapping[str, PromoCode]
"""Promo codes by the service they were typed for."""


def written(promos: Unlocked) -> Document:
    """Codes as a document keeps them; nothing where there are none."""
    said = {service: {"code": promo.code, **promo_document(promo)} for service, promo in sorted(promos.items())}
    return {"promos": said} if said else {}


def unlocked_in(documents: Sequence[Document]) -> dict[str, PromoCode]:
    """What the last of some documents says that codes have unlocked."""
    said: Document = documents[-1].get("promos", {}) if documents else {}
    return {
        service: read_promo_code(kept["code"], {name: value for name, value in kept.items() if name != "code"})
        for service, kept in said.items()
    }


def checked(
    billing: BillingReport, codes: Mapping[str, str], lines: Sequence[ChargedLine], kept: Unlocked, *, anew: bool,
    prices: PriceList | None = None,
) -> tuple[dict[str, PromoCode], dict[str, Text]]:  # fmt: skip
    """The codes that hold, and why others don't, by service.

    What is `kept` of a code holds in any case: as it was, or `anew` as it is now where it still is one. Any other unlocks nothing of what
    has no price of its own in `prices`.
    """
    promos: dict[str, PromoCode] = {}
    problems: dict[str, Text] = {}
    for line in lines:
        typed = codes.get(line.service)
        if not typed:
            continue
        before = kept.get(line.service)
        known = before if before and before.code == typed else None
        if known and not anew:
            promos[line.service] = known
            continue
        promo, why = promo_code(
            billing.vendor_id, typed, day=billing.cycle.month.last_day, service=line.service, buyer=billing.distributor_ref, prices=prices
        )
        if promo and not why:
            promos[line.service] = promo
        elif known:
            promos[line.service] = known
        else:
            problems[line.service] = why or Text("", {})
    return promos, problems
