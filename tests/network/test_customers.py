"""Customers from a CSV."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.accounts.models import Account, Placement
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Tier, Viewer
from trueup.events.models import Event
from trueup.events.queries import audit
from trueup.kit.errors import Invalid, NotAllowed
from trueup.kit.period import BEGINNING
from trueup.network.actions import CustomersResult, import_customers
from trueup.network.customers import merging
from trueup.network.rules.merging import merged

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "customers.csv"


def run(file: Path, text: str, *, dry_run: bool = False, viewer: Viewer | None = None) -> CustomersResult:
    file.write_text(text, encoding="utf-8")
    return import_customers(viewer or Viewer.system(), file, dry_run=dry_run, now=NOW, progress=None)


def history(ref: str) -> list[tuple[str, date]]:
    rows = Placement.objects.filter(account__ref=ref).order_by("from_date")
    return list(rows.values_list("parent__ref", "from_date"))


@pytest.mark.django_db
class TestImport:
    def test_adds_renames_and_moves(self, world: None, file: Path) -> None:
        result = run(
            file,
            "ref,name,msp,from\nnew,New Ltd,bolt,2026-02-01\nbolt-dental,Dental Group,bolt,\nbolt-garage,Garage Center,coil,2026-10-01\n"
            "coil-bakery,Bakery Brothers,coil,2026-05-01\n",
        )
        assert result == CustomersResult(added=1, renamed=1, moved=1, unchanged=1)
        assert history("new") == [("bolt", date(2026, 2, 1))]
        assert history("bolt-garage") == [("bolt", BEGINNING), ("coil", date(2026, 10, 1))]
        assert history("coil-bakery") == [("coil", BEGINNING)]
        assert Account.objects.get(ref="bolt-dental").name == "Dental Group"
        assert Account.objects.get(ref="new").tier == Tier.CUSTOMER

    def test_does_nothing_the_second_time(self, world: None, file: Path) -> None:
        text = "ref,name,msp,from\nnew,New Ltd,bolt,\nnew,New Ltd,coil,2026-03-01\nbolt-garage,Garage,dune,2026-10-01\n"
        run(file, text)
        events = Event.objects.count()
        assert run(file, text) == CustomersResult(unchanged=2)
        assert Event.objects.count() == events
        assert audit().findings == ()

    def test_reads_columns_in_any_order_with_a_mark_and_rows_in_any_order(self, world: None, file: Path) -> None:
        text = "\ufefffrom,msp,name,ref\r\n2026-03-01,coil,“New” Ltd,new\r\n,bolt,“New” Ltd,new\r\n\r\n"
        assert run(file, text).added == 1
        assert history("new") == [("bolt", BEGINNING), ("coil", date(2026, 3, 1))]

    def test_needs_no_from(self, world: None, file: Path) -> None:
        assert run(file, 'ref,name,msp\nnew,"New, Ltd",bolt\n').added == 1
        assert (history("new"), Account.objects.get(ref="new").name) == ([("bolt", BEGINNING)], "New, Ltd")

    def test_changes_nothing_in_a_dry_run(self, world: None, file: Path) -> None:
        assert run(file, "ref,name,msp,from\nnew,New,bolt,\n", dry_run=True) == CustomersResult(added=1)
        assert not Account.objects.filter(ref="new").exists()

    def test_refuses_the_whole_file_with_every_bad_row(self, world: None, file: Path) -> None:
        result = run(
            file,
            "ref,name,msp,from\ngood,Good,bolt,\n,No Ref,bolt,\nx,,bolt,\ny,Y,nobody,\nz,Z,north,\nbolt,Bolt,bolt,\nw,W,bolt,2026-13-01\n"
            "v,V,bolt\ndouble,D,bolt,2026-01-01\ndouble,D,coil,2026-01-01\nnames,One,bolt,\nnames,Two,coil,2026-01-01\n",
        )
        assert [(row.row, row.column, row.value, row.reason) for row in result.refused] == [
            (2, "ref", "", "`ref` is missing"),
            (3, "name", "", "`name` is missing"),
            (4, "msp", "nobody", "there is no MSP of this ref"),
            (5, "msp", "north", "this is a distributor, not an MSP"),
            (6, "ref", "bolt", "this is an MSP, not a customer"),
            (7, "from", "2026-13-01", "`from` must be a day that exists, like 2026-10-16, not “2026-13-01”"),
            (8, "ref", "v,V,bolt", "the row does not have the columns of the header"),
            (10, "from", "2026-01-01", "row 9 has the same ref and the same day"),
            (12, "name", "Two", "an earlier row of this ref has another name"),
        ]
        assert not Account.objects.filter(ref="good").exists()
        assert result.added == 0

    @pytest.mark.parametrize("text", ["", "ref,name\n", "ref,name,msp,from,more\n", "ref,ref,name,msp\n"])
    def test_refuses_a_file_with_other_columns(self, world: None, file: Path, text: str) -> None:
        with pytest.raises(Invalid, match="columns ref, name, msp, from"):
            run(file, text)

    def test_refuses_a_file_it_cannot_read(self, world: None, file: Path) -> None:
        with pytest.raises(Invalid, match="cannot be read"):
            import_customers(Viewer.system(), file, dry_run=False, now=NOW, progress=None)
        file.write_bytes(b"ref,name,msp,from\n\xff,x,bolt,\n")
        with pytest.raises(Invalid, match="UTF-8"):
            import_customers(Viewer.system(), file, dry_run=False, now=NOW, progress=None)

    def test_tells_each_msp_of_its_customers_and_of_no_other_msp(self, world: None, file: Path) -> None:
        run(file, "ref,name,msp,from\nbolt-garage,Garage Center,coil,2026-10-01\n")
        events = {Account.objects.get(pk=event.chain).ref: event.changes for event in Event.objects.filter(kind="customers_imported")}
        entry = {"of": "account bolt-garage", "field": "parent from 2026-10-01", "before": None}
        assert events == {"bolt": [entry | {"after": "another MSP"}], "coil": [entry | {"after": "coil"}]}

    def test_tells_of_a_thousand_customers_in_one_event(self, world: None, file: Path) -> None:
        run(file, "ref,name,msp,from\n" + "".join(f"c{number},C{number},bolt,\n" for number in range(2500)))
        events = Event.objects.filter(kind="customers_imported").order_by("id")
        assert [len({change["of"] for change in event.changes}) for event in events] == [1000, 1000, 500]

    def test_tells_in_several_goes_what_is_too_much_for_one(self, world: None, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(merging, "_AT_ONCE", 1)
        monkeypatch.setattr(merging, "_MOST_WAITING", 1)
        run(file, "ref,name,msp,from\na,A,dune,\nb,B,bolt,\nc,C,dune,\n")
        told = Event.objects.filter(kind="customers_imported").order_by("id").values_list("chain", flat=True)
        bolt, dune = (Account.objects.get(ref=ref).pk for ref in ("bolt", "dune"))
        assert list(told) == [dune, bolt, dune]
        assert audit().findings == ()

    def test_needs_the_right_to_keep_accounts(self, world: None, file: Path) -> None:
        with pytest.raises(NotAllowed, match="may not import customers"):
            run(file, "ref,name,msp\nnew,New,bolt\n", viewer=viewers_of("viewer@bolt.example")[0])


NOT_YOURS = "this would change days on which the customer or the MSP is not yours"


@pytest.mark.django_db
class TestImportByAMember:
    @pytest.mark.parametrize(
        ("email", "added"),
        [
            ("billing@bolt.example", "bolt"),
            ("north@north.example", "coil"),
            ("vendor@acme.example", "dune"),
            ("south@south.example", "dune"),
        ],
    )
    def test_reaches_the_msps_below(self, world: None, file: Path, email: str, added: str) -> None:
        assert run(file, f"ref,name,msp\nnew,New,{added}\n", viewer=viewers_of(email)[0]) == CustomersResult(added=1)

    @pytest.mark.parametrize(
        ("email", "row", "refused"),
        [
            ("billing@bolt.example", "new,New,coil,", "msp: there is no MSP of this ref"),
            ("billing@bolt.example", "new,New,nobody,", "msp: there is no MSP of this ref"),
            ("north@north.example", "new,New,dune,", "msp: there is no MSP of this ref"),
            ("north@north.example", "new,New,south,", "msp: there is no MSP of this ref"),
            ("billing@bolt.example", "coil-bakery,Bakery Brothers,bolt,", "ref: this ref is taken"),
            ("billing@bolt.example", "dune,Dune,bolt,", "ref: this ref is taken"),
            ("billing@bolt.example", "bolt,Bolt,bolt,", "ref: this is an MSP, not a customer"),
            ("billing@coil.example", "bolt-moved,Renamed,coil,2026-10-16", "ref: this customer is not below your account at present"),
            ("billing@coil.example", "bolt-moved,Moved Ltd,coil,2026-09-01", f"ref: {NOT_YOURS}"),
            ("billing@bolt.example", "bolt-moved,Moved Ltd,bolt,2026-11-01", f"ref: {NOT_YOURS}"),
        ],
    )  # fmt: skip
    def test_refuses_what_is_beyond_reach(self, world: None, file: Path, email: str, row: str, refused: str) -> None:
        result = run(file, f"ref,name,msp,from\n{row}\n", viewer=viewers_of(email)[0])
        assert [f"{item.column}: {item.reason}" for item in result.refused] == [refused]

    def test_moves_customers_between_the_msps_of_a_distributor(self, world: None, file: Path) -> None:
        rows = "bolt-garage,Garage Center,coil,2026-10-01\nbolt-moved,Moved Ltd,bolt,2026-10-16\n"
        assert run(file, f"ref,name,msp,from\n{rows}", viewer=viewers_of("north@north.example")[0]) == CustomersResult(moved=2)
        assert history("bolt-moved") == [("bolt", date(2025, 1, 1))]


DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 12))
ROWS = st.lists(st.tuples(DAYS, st.sampled_from("abc")), max_size=6, unique_by=lambda row: row[0])


class TestMerged:
    def test_keeps_what_comes_later(self) -> None:
        known = [(BEGINNING, "a"), (date(2026, 10, 1), "b")]
        assert merged(known, [(date(2026, 5, 1), "c")]) == [(BEGINNING, "a"), (date(2026, 5, 1), "c"), (date(2026, 10, 1), "b")]

    @given(ROWS, ROWS)
    def test_the_same_rows_again_change_nothing(self, known: list[tuple[date, str]], rows: list[tuple[date, str]]) -> None:
        once = merged(sorted(known), rows)
        assert merged(once, rows) == once

    @given(ROWS, ROWS)
    def test_every_row_is_in_force_on_its_day(self, known: list[tuple[date, str]], rows: list[tuple[date, str]]) -> None:
        after = merged(sorted(known), rows)
        for day, msp in rows:
            assert [parent for from_date, parent in after if from_date <= day][-1] == msp
