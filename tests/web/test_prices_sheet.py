"""The sheet on which a price list is edited: what is typed, what is wrong with it, and what happens when two edit it."""

import re
from datetime import date
from decimal import Decimal

import pytest

from tests.exchange.test_actions import who
from tests.web.conftest import AsPerson
from tests.web.sending import page, seen_in, sent
from tests.web.sheets import ADDRESS, DEFAULT, NORTH, SAID, fields_of, keep, typed
from trueup.accounts.models import Account, Placement
from trueup.prices.models import KeptPriceList
from trueup.prices.queries import price_list
from trueup.prices.rules.packs import PackPrice
from trueup.prices.rules.pricing import PriceTier, Pricing

pytestmark = pytest.mark.usefixtures("world")


class TestTheSheet:
    def test_writes_what_was_typed(self, as_person: AsPerson) -> None:
        tiers = {
            "s-0-pricing": "graduated",
            "s-0-t0-up_to": "10",
            "s-0-t0-price": "3",
            "s-0-free_units": "1,000",
            "s-0-margin_percent": "0",
        }
        pack = {
            "p-rows": "1", "p-0-code": "nfr", "p-0-price": "12", "p-0-pack_size": "100", "p-0-complimentary": "8,000",
            "p-0-customers": "2", "p-0-c1-customer": "bolt-dental", "p-0-c1-credits": "500",
        }  # fmt: skip
        head = {"tax_percent": "19", "margin_percent": "2.5"}
        seen = keep()
        assert sent(as_person(NORTH), f"{ADDRESS}edit/", typed(seen, **tiers, **pack, **head), 302) == ADDRESS
        found = price_list(who(NORTH), DEFAULT).prices
        price, packs = found.services["email-core"], found.packs["nfr"]
        assert (price.pricing, price.tiers, price.free_units, price.margin_percent) == (
            Pricing.GRADUATED, (PriceTier(10, 3), PriceTier(None, 2)), 1000, 0,  # type: ignore[arg-type]
        )  # fmt: skip
        assert isinstance(packs, PackPrice)
        assert (packs.complimentary, dict(packs.complimentary_of)) == (8000, {"bolt-dental": 500})
        assert (found.margin_percent, found.tax.percent, list(found.services)) == (Decimal("2.5"), 19, ["email-core"])

    def test_shows_what_is_there_and_takes_it_back_unchanged(self, as_person: AsPerson) -> None:
        mark = keep(said=SAID | {"margin_percent": 5, "packs": {"nfr": {"price": 12, "complimentary_of": {"bolt-dental": "0.5"}}}})
        client = as_person(NORTH)
        shown = page(client, f"{ADDRESS}edit/")
        assert sent(client, f"{ADDRESS}edit/", fields_of(shown), 302) == ADDRESS
        assert price_list(who(NORTH), DEFAULT).fingerprint == mark

    def test_keeps_everything_and_says_what_is_wrong_at_its_field(self, as_person: AsPerson) -> None:
        wrong = {"s-0-price": "2,5", "s-0-pricing": "volume", "s-0-t1-up_to": "5", "tax_percent": "x", "s-0-minimum_units": "7"}
        shown = sent(as_person(NORTH), f"{ADDRESS}edit/", typed(keep(), **wrong), 400)
        for name in ("s-0-price", "tax_percent", "s-0-t0-price"):
            assert f'id="{name}_error"' in shown
        assert 'value="2,5"' in shown
        assert 'name="s-0-minimum_units" value="7"' in shown
        assert "3 fields are not right yet" in shown

    @pytest.mark.parametrize(
        ("more", "name", "message"),
        [
            ({"currency": "Euro"}, "currency", "is not a currency"),
            ({"tax_percent": "101"}, "tax_percent", "must not be above 100 percent"),
            ({"tax_category": "exempt", "tax_percent": "19"}, "tax_percent", "a standard rate is above 0 percent"),
            ({"margin_percent": "-5"}, "margin_percent", "must not be below 0"),
            ({"s-0-price": "", "s-0-free_units": "5"}, "s-0-price", "there must be a price"),
            ({"s-0-price": "0.1234567"}, "s-0-price", "at most 6 decimal places"),
            ({"s-0-price": "1" * 41}, "s-0-price", "this is too long to be a number"),
            ({"s-0-margin_percent": "200"}, "s-0-margin_percent", "must not be above 100 percent"),
            ({"s-0-t0-up_to": "5", "s-0-pricing": "volume"}, "s-0-t0-price", "a tier has an end and a price"),
            ({"p-rows": "1", "p-0-code": "nfr", "p-0-price": "1", "p-0-pack_size": "0"}, "p-0-pack_size", "must be above 0"),
            (
                {"p-rows": "1", "p-0-code": "nfr", "p-0-price": "1", "p-0-customers": "1", "p-0-c0-customer": "dune-hotel"},
                "p-0-c0-customer", "there is no customer “dune-hotel”",
            ),
        ],
    )  # fmt: skip
    def test_refuses(self, as_person: AsPerson, more: dict[str, str], name: str, message: str) -> None:
        mark = keep()
        shown = sent(as_person(NORTH), f"{ADDRESS}edit/", typed(mark, **more), 400)
        said = shown.split(f'id="{name}_error"')[1].split("</p>")[0]
        assert message.lower() in said.lower()
        assert price_list(who(NORTH), DEFAULT).fingerprint == mark

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({"s-0-t0-up_to": "5", "s-0-t0-price": "1"}, "A price per unit has one price and no tiers"),
            ({"s-0-pricing": "package"}, "A price per package needs the size of a package"),
            ({"s-0-pricing": "volume", "s-0-t0-up_to": "0", "s-0-t0-price": "1"}, "Each tier must end above the one before"),
            ({"s-0-code": "nothing"}, "There is no service “nothing”"),
        ],
    )
    def test_refuses_a_row_as_a_whole(self, as_person: AsPerson, more: dict[str, str], message: str) -> None:
        assert message in sent(as_person(NORTH), f"{ADDRESS}edit/", typed(keep(), **more), 400)

    def test_reads_numbers_in_the_language_they_were_typed_in(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        client.cookies["django_language"] = "de"
        sent(client, f"{ADDRESS}edit/", typed(keep(), **{"s-0-price": "1.25"}), 302)
        assert str(price_list(who(NORTH), DEFAULT).prices.services["email-core"].tiers[0].price) == "1.25"
        shown = sent(client, f"{ADDRESS}edit/", typed("", **{"s-0-price": "1.25", "currency": ""}), 400)
        assert 'value="1,25"' in shown

    def test_adds_rows_and_tiers_without_losing_anything(self, as_person: AsPerson) -> None:
        client, mark = as_person(NORTH), keep()
        shown = sent(client, f"{ADDRESS}edit/", typed(mark, add="yes", what="service:backup-storage", **{"s-0-price": "x"}), 200)
        assert 'value="backup-storage"' in shown
        assert 'value="x"' in shown
        assert "_error" not in shown
        assert "service:backup-storage" not in shown
        shown = sent(client, f"{ADDRESS}edit/", typed(mark, add="yes", what="all:"), 200)
        assert 'name="s-rows" value="5"' in shown
        shown = sent(client, f"{ADDRESS}edit/", typed(mark, more="s-0"), 200)
        assert 'name="s-0-tiers" value="6"' in shown
        assert price_list(who(NORTH), DEFAULT).fingerprint == mark

    def test_of_a_list_with_too_many_prices_points_to_the_file(self, as_person: AsPerson, monkeypatch: pytest.MonkeyPatch) -> None:
        keep()
        monkeypatch.setattr("trueup.web.pages.prices_edit.MOST_ON_A_PAGE", 1)
        assert "more than a page takes" in page(as_person(NORTH), f"{ADDRESS}edit/")

    def test_of_very_many_customers_loses_none(self, as_person: AsPerson) -> None:
        """One more than 1,000: every one is shown, sent and saved again."""
        refs = [f"customer-{one}" for one in range(1001)]
        made = Account.objects.bulk_create([Account(ref=ref, tier="customer", name=ref) for ref in refs], batch_size=200)
        bolt = Account.objects.get(ref="bolt")
        Placement.objects.bulk_create([Placement(account=one, parent=bolt, from_date=date(2026, 1, 1)) for one in made], batch_size=200)
        packs = {"credits": {"price": 12, "complimentary_of": dict.fromkeys(refs, 5)}}
        mark, client = keep(said={"currency": "EUR", "packs": packs}), as_person(NORTH)
        fields = fields_of(page(client, f"{ADDRESS}edit/"))
        sent(client, f"{ADDRESS}edit/", fields | {"p-0-margin_percent": "5"}, 302)
        kept = price_list(who(NORTH), DEFAULT)
        assert (kept.fingerprint != mark, len(kept.prices.packs["credits"].complimentary_of)) == (True, 1001)

    @pytest.mark.parametrize("name", ["p-0-customers", "p-0-tiers", "s-rows"])
    @pytest.mark.parametrize("count", ["5001", "100000", "9" * 60])
    def test_refuses_more_than_it_reads(self, as_person: AsPerson, name: str, count: str) -> None:
        mark = keep()
        more = {"p-rows": "1", "p-0-code": "credits", "p-0-price": "12", "p-0-customers": "1"} | {name: count}
        assert "change the list in a file" in sent(as_person(NORTH), f"{ADDRESS}edit/", typed(mark, **more), 400)
        assert price_list(who(NORTH), DEFAULT).fingerprint == mark

    def test_of_a_list_with_too_many_customers_points_to_the_file(self, as_person: AsPerson) -> None:
        keep()
        many = {f"customer-{one}": "1" for one in range(4600)}
        packs = {"credits": {"pack_size": "100", "tiers": [{"price": "12"}], "complimentary_of": many}}
        KeptPriceList.objects.update(definition={"currency": "EUR", "services": {}, "packs": packs})
        shown = page(as_person(NORTH), f"{ADDRESS}edit/")
        assert "more than a page takes" in shown
        assert re.search(r"This list has 4,?60\d prices", shown)  # the other groups have a row too


class TestTwoAtOnce:
    def test_nothing_of_either_is_lost(self, as_person: AsPerson) -> None:
        seen = keep()
        other = {"email-core": "3", "workspace-security": "4.20", "backup-storage": "0.1"}
        mark = keep(said=SAID | {"margin_percent": 7, "services": other, "packs": {}})
        client = as_person(NORTH)
        shown = sent(client, f"{ADDRESS}edit/", typed(seen), 409)
        assert "has changed this meanwhile" in shown
        assert "Changed meanwhile; now it is: 3.00" in shown
        assert "Changed meanwhile; now it is: 7" in shown
        assert shown.count("Somebody else has added this meanwhile") == 2
        assert 'name="s-0-price" value="2"' in shown
        assert seen_in(shown) == mark
        sent(client, f"{ADDRESS}edit/", fields_of(shown), 302)
        found = price_list(who(NORTH), DEFAULT).prices
        assert {code: str(price.tiers[0].price) for code, price in found.services.items()} == {
            "email-core": "2", "workspace-security": "4.2", "backup-storage": "0.1",
        }  # fmt: skip

    def test_what_was_removed_meanwhile_is_written_again_when_asked_to(self, as_person: AsPerson) -> None:
        client, seen = as_person(NORTH), keep()
        sent(client, f"{ADDRESS}remove/", {"seen": seen}, 302)
        shown = sent(client, f"{ADDRESS}edit/", typed(seen), 409)
        assert "somebody has removed this meanwhile" in shown.lower()
        sent(client, f"{ADDRESS}edit/", fields_of(shown), 302)
        assert list(price_list(who(NORTH), DEFAULT).prices.services) == ["email-core"]

    def test_what_is_new_to_both_is_written_once(self, as_person: AsPerson) -> None:
        keep()
        assert "this is there already" in sent(as_person(NORTH), f"{ADDRESS}edit/", typed(""), 409).lower()
