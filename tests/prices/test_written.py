"""A file of prices that is written is read again as the same."""

from datetime import date
from decimal import Decimal

from trueup.kit.period import BEGINNING
from trueup.network.document import read
from trueup.prices.rules.definition import read_price_list, read_promo_code
from trueup.prices.rules.files import entries_of
from trueup.prices.rules.lists import PriceList
from trueup.prices.rules.packs import PackPrice
from trueup.prices.rules.pricing import PriceTier, Pricing, ServicePrice, unit_price
from trueup.prices.rules.promos import PromoCode
from trueup.prices.written import as_text

TIERS = (PriceTier(Decimal(10), Decimal("4.2")), PriceTier(None, Decimal("3.999999")))
LIST = PriceList(
    seller="1e5",
    buyer="no",
    from_date=date(2026, 7, 1),
    currency="EUR",
    services={"123": unit_price(Decimal("4.2")), "über: all": ServicePrice(Pricing.GRADUATED, TIERS, margin_percent=Decimal(0))},
    packs={"credits": PackPrice(TIERS, complimentary_of={"0x1": Decimal(8000)})},
)
DEFAULT = PriceList(seller="north", buyer=None, from_date=BEGINNING, currency="JPY", services={"seat": unit_price(Decimal(1))})
CODE = PromoCode("2026", date(2026, 1, 1), date(2026, 12, 31), service="123", price=Decimal(3))


class TestWritten:
    def test_is_read_as_the_same(self) -> None:
        entries, problems = entries_of(read(as_text([LIST, DEFAULT], [("north", CODE)]), "prices.yaml").data)
        assert not problems
        *lists, code = entries
        keys = [one.key for one in lists if one.key]
        found = [read_price_list(key.seller, key.buyer, key.from_date, one.document) for key, one in zip(keys, lists, strict=True)]
        assert found == [LIST, DEFAULT]
        assert (code.seller, read_promo_code(code.code, code.document)) == ("north", CODE)

    def test_of_nothing_is_an_empty_file(self) -> None:
        assert entries_of(read(as_text([]), "prices.yaml").data) == ([], [])

    def test_is_short(self) -> None:
        assert as_text([DEFAULT]) == (
            "price_lists:\n- seller: north\n  currency: JPY\n  services:\n    seat:\n      price: '1'\n  packs: {}\npromo_codes: []\n"
        )
