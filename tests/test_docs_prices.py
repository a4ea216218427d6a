"""What the page of the settlement says of a file of prices is true: its example is applied, and names every key there is."""

import re
from collections.abc import Iterator

import pytest
import yaml

from tests.exchange.test_actions import NOW, OPERATOR
from tests.test_docs_settlement import PAGE, with_columns
from trueup.kit.errors import Invalid
from trueup.prices.actions import apply_prices

SECTION = PAGE.read_text(encoding="utf-8").partition("\n## A file of prices\n")[2].partition("\n## ")[0]
(EXAMPLE,) = re.findall(r"^```yaml\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
LIST = "price_lists: [{seller: north, currency: EUR, "
PLACES = {
    "of a price list": LIST + "what: 1}]",
    "of `tax`": LIST + "tax: {what: 1}}]",
    "of a service": LIST + "services: {email-core: {price: 1, what: 1}}}]",
    "of packs": LIST + "packs: {nfr: {price: 1, what: 1}}}]",
    "of a promo code": "promo_codes: [{seller: north, code: A, from: 2026-10-01, until: 2026-10-31, margin_percent: 5, what: 1}]",
}

pytestmark = pytest.mark.usefixtures("transactional_db", "world")


def apply(written: str) -> tuple[str, ...]:
    return apply_prices(OPERATOR, written, file_name="prices.yaml", dry_run=False, now=NOW)


def keys(value: object) -> Iterator[str]:
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield name
        yield from keys(inner)
    for inner in value if isinstance(value, list) else ():
        yield from keys(inner)


def said(place: str) -> list[str]:
    return [row[place].strip("`") for row in with_columns(place, "says")]


def test_the_example_is_a_file_of_prices() -> None:
    assert len(apply(EXAMPLE)) == 4
    assert apply(EXAMPLE) == ()
    assert {name for place in PLACES for name in said(place)} <= set(keys(yaml.safe_load(EXAMPLE)))


@pytest.mark.parametrize("place", PLACES)
def test_every_key_is_said(place: str) -> None:
    with pytest.raises(Invalid) as refused:
        apply(PLACES[place])
    (problem,) = refused.value.problems
    assert sorted(problem.message.rpartition(" are ")[2].split(", ")) == sorted(said(place))
