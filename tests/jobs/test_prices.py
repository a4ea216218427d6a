"""Prices on the command line."""

import csv
import io
from pathlib import Path

import pytest

from tests.jobs.command import Trueup, keys
from tests.jobs.october import BOLT, LOOKS, NORTH, NOW, PRICES, VENDOR, begin


@pytest.fixture
def priced(trueup: Trueup) -> Trueup:
    """October with prices."""
    begin(trueup)
    return trueup


class TestPriceList:
    def test_lists_what_somebody_sells_or_buys_by(self, priced: Trueup) -> None:
        found = priced.json("price", "list")
        assert keys(found) == [
            "seller", "seller_name", "buyer", "buyer_name", "from", "currency", "service_count", "pack_count", "saved_at", "saved_by",
        ]  # fmt: skip
        assert [(one["seller"], one["buyer"], one["from"]) for one in found] == [
            ("acme-vendor", None, "0001-01-01"), ("north", None, "0001-01-01"), ("north", "bolt", "2026-07-01"),
        ]  # fmt: skip
        assert (found[2]["currency"], found[2]["service_count"], found[2]["pack_count"]) == ("EUR", 1, 0)
        table = priced.done("price", "list")
        assert "everybody" in table
        assert "the beginning" in table

    def test_shows_nobody_what_is_not_theirs(self, priced: Trueup) -> None:
        def sellers(email: str) -> set[str]:
            return {one["seller"] for one in priced.json("price", "list", "--as", email)}

        assert (sellers(NORTH), sellers(BOLT), sellers(VENDOR)) == ({"north", "acme-vendor"}, {"north"}, {"acme-vendor"})
        said = priced.refused("price", "show", "acme-vendor", "--as", BOLT)
        assert said == priced.refused("price", "show", "nobody", "--as", BOLT) == "Refused: there is no such price list\n"
        assert priced.json("price", "list", "--seller", "acme-vendor", "--as", BOLT) == []

    def test_is_shown_in_every_format(self, priced: Trueup) -> None:
        shown = priced.json("price", "show", "north", "bolt")
        assert (shown["currency"], shown["margin_percent"], shown["tax"]) == (
            "EUR",
            "10",
            {"percent": "19", "category": "standard", "reason": None},
        )
        tiers = [{"up_to": "10", "price": "5"}, {"price": "4.5"}]
        assert shown["services"] == {"workspace-security": {"pricing": "graduated", "tiers": tiers}}
        rows = list(csv.DictReader(io.StringIO(priced.done("price", "show", "north", "bolt", "--format", "csv"))))
        assert [(row["code"], row["up_to"], row["price"]) for row in rows] == [
            ("workspace-security", "10", "5"), ("workspace-security", "", "4.5")
        ]  # fmt: skip
        table = priced.done("price", "show", "north")
        assert "everybody who has no list of their own" in table
        assert [line.split() for line in table.splitlines()[-2:]] == [
            ["workspace-security", "unit", "–", "4.2", "–"], ["credits", "pack", "100", "12", "30"]
        ]  # fmt: skip

    def test_has_to_be_told_from_others_of_the_same_two(self, priced: Trueup) -> None:
        later = PRICES.partition("promo_codes")[0].replace("2026-07-01", "2026-11-01")
        assert "1 saved" in priced("price", "import", priced.file("later.yaml", later)).err
        said = priced.refused("price", "show", "north", "bolt")
        assert said == "Refused: there are 2 price lists of north for bolt: choose one with --from (2026-07-01, 2026-11-01)\n"
        assert priced.json("price", "show", "north", "bolt", "--from", "2026-11-01")["from"] == "2026-11-01"
        assert "no such price list" in priced.refused("price", "show", "north", "bolt", "--from", "2026-12-01")
        assert "is not a day" in priced.misused("price", "show", "north", "bolt", "--from", "soon")


class TestPriceImport:
    def test_shows_what_changes_and_changes_nothing_the_second_time(self, priced: Trueup) -> None:
        file = priced.file("dearer.yaml", PRICES.replace('"4.20"', '"4.30"'))
        dry = priced("price", "import", file, "--dry-run", "--format", "json")
        assert "1 would be saved; nothing was changed (--dry-run)." in dry.err
        assert priced.json("price", "show", "north")["services"] == {"workspace-security": {"price": "4.2"}}
        own = priced.file("own.yaml", PRICES.replace('"4.20"', '"4.30"').partition("  - seller: acme")[0])
        changed = priced.json("price", "import", own, "--as", NORTH)
        assert [one["entry"] for one in changed] == ["north → * 0001-01-01"]
        assert priced.json("price", "import", file) == []
        assert "nothing to change" in priced("price", "import", file).err

    def test_names_the_line_of_every_error(self, priced: Trueup, tmp_path: Path) -> None:
        bad = (
            PRICES.replace("EUR", "XYZ", 1)
            .replace("{up_to: 10, price: 5}", "{up_to: 10, price: -5}")
            .replace("seller: acme", "sold: acme", 1)
        )
        said = priced.refused("price", "import", priced.file("bad.yaml", bad))
        assert "bad.yaml line 3: “XYZ” is not a currency" in said
        assert "bad.yaml line 14:" in said
        assert "bad.yaml line 15: `seller` is missing" in said
        assert "cannot be read" in priced.refused("price", "import", str(tmp_path / "none.yaml"))
        (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")
        assert "not UTF-8" in priced.refused("price", "import", str(tmp_path / "latin.yaml"))

    def test_is_for_who_keeps_prices(self, priced: Trueup) -> None:
        file = priced.file("dearer.yaml", PRICES.replace('"4.20"', '"4.30"').replace("4}", "5}"))
        assert "the prices of “north” are kept by “north” itself" in priced.refused("price", "import", file, "--as", VENDOR)
        assert "there is no account" in priced.refused("price", "import", file, "--as", BOLT)
        assert "may not keep price lists" in priced.refused("price", "import", file, "--as", LOOKS)
        assert "no member of “coil”" in priced.refused("price", "import", file, "--as", NORTH, "--account", "coil")

    def test_is_what_export_writes(self, priced: Trueup, tmp_path: Path) -> None:
        file = tmp_path / "again.yaml"
        assert f"{file} is written." in priced("price", "export", "--output", str(file)).err
        assert priced.json("price", "import", str(file)) == []
        assert priced.done("price", "export") == file.read_text(encoding="utf-8")
        own = priced.done("price", "export", "--as", NORTH)
        assert "acme-vendor" not in own
        assert "buyer: bolt" in own
        assert priced.done("price", "export", "--as", BOLT) == "price_lists: []\npromo_codes: []\n"


class TestPriceRemove:
    def test_removes_a_list_of_ones_own(self, priced: Trueup) -> None:
        assert "kept by “north” itself" in priced.refused("price", "remove", "north", "bolt", "--as", BOLT)
        said = priced("price", "remove", "north", "bolt", "--as", NORTH, "--now", NOW).err
        assert said == "The price list of north for bolt from 2026-07-01 on is removed.\n"
        assert "no such price list" in priced.refused("price", "remove", "north", "bolt", "--as", NORTH)


class TestPriceSimulate:
    def test_shows_a_month_with_a_list_beside_now(self, priced: Trueup) -> None:
        found = priced.json("price", "simulate", "2026-10", "north", "--as", NORTH)
        assert keys(found) == [
            "buyer", "buyer_name", "currency", "net", "tax", "gross", "why_not", "now_currency", "now_net", "now_why_not", "difference",
        ]  # fmt: skip
        bolt = found[0]
        assert (bolt["buyer"], bolt["net"], bolt["now_net"], bolt["difference"]) == ("bolt", "104.40", "104.40", "0.00")
        assert "Who pays" in priced.done("price", "simulate", "2026-10", "north", "bolt")

    def test_of_a_vendor_is_by_distributor(self, priced: Trueup) -> None:
        found = priced.json("price", "simulate", "2026-10", "acme-vendor", "--as", VENDOR)
        assert [one["buyer"] for one in found] == ["north"]
        assert [one["buyer"] for one in priced.json("price", "simulate", "2026-10", "acme-vendor", "--as", NORTH)] == ["north"]

    def test_is_for_those_who_see_the_list(self, priced: Trueup) -> None:
        assert "no such price list" in priced.refused("price", "simulate", "2026-10", "acme-vendor", "--as", BOLT)
        assert "no such price list" in priced.refused("price", "simulate", "2026-10", "north", "--from", "2020-01-01")


class TestPromo:
    def test_is_listed_to_its_seller(self, priced: Trueup) -> None:
        found = priced.json("promo", "list", "--as", VENDOR)
        assert found == [
            {
                "seller": "acme-vendor", "code": "LAUNCH", "from": "2026-10-01", "until": "2026-12-31", "service": "workspace-security",
                "buyer": None, "price": "3", "margin_percent": None, "saved_at": "2026-09-02T00:00:00Z", "saved_by": found[0]["saved_by"],
            }
        ]  # fmt: skip
        assert priced.json("promo", "list", "--as", NORTH) == []
        assert "LAUNCH" in priced.done("promo", "list", "--seller", "acme-vendor")

    def test_is_checked_by_who_buys(self, priced: Trueup) -> None:
        check = ("promo", "check", "acme-vendor", "LAUNCH", "workspace-security")
        assert "it unlocks the price 3" in priced.done(*check, "2026-10", "--as", NORTH)
        assert priced.json(*check, "2026-10", "--as", NORTH) == {"holds": True, "reason": None, "price": "3", "margin_percent": None}
        late = priced(*check, "2027-01", "--as", NORTH)
        assert (late.code, late.err) == (1, "The promo code “LAUNCH” holds from 2026-10-01 to 2026-12-31, not on 2027-01-31.\n")
        assert priced.json(*check, "2027-01", "--as", NORTH, code=1)["holds"] is False
        assert "“acme-vendor”" in priced.refused(*check, "2026-10", "--as", BOLT)
        assert "--as" in priced.misused(*check, "2026-10")

    def test_is_removed_by_its_seller(self, priced: Trueup) -> None:
        priced.refused("promo", "remove", "acme-vendor", "LAUNCH", "--as", NORTH)
        assert "is removed" in priced("promo", "remove", "acme-vendor", "LAUNCH", "--as", VENDOR).err
        assert "no promo code" in priced.refused("promo", "remove", "acme-vendor", "LAUNCH", "--as", VENDOR)
