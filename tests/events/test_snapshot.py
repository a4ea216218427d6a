"""One moment of the database, while others go on writing."""

import pytest
from django.db import Error, connection, transaction

from tests.events.others import elsewhere
from trueup.accounts.models import Region
from trueup.events.snapshot import snapshot


def add(code: str) -> None:
    with transaction.atomic():
        Region.objects.create(code=code, name=code)


def codes() -> list[str]:
    return list(Region.objects.order_by("code").values_list("code", flat=True))


@pytest.mark.django_db(transaction=True)
class TestSnapshot:
    def test_stays_at_its_moment_while_others_write(self) -> None:
        add("a")
        with snapshot():
            before = codes()
            elsewhere(lambda: add("b"))
            assert (before, codes()) == (["a"], ["a"])
        assert codes() == ["a", "b"]

    def test_is_over_after_an_error(self) -> None:
        with pytest.raises(IndexError), snapshot():
            codes()[0]
        elsewhere(lambda: add("b"))
        add("c")
        assert codes() == ["b", "c"]

    def test_may_hold_another_one(self) -> None:
        with snapshot():
            assert codes() == []
            elsewhere(lambda: add("b"))
            with snapshot():
                assert codes() == []

    def test_leaves_later_transactions_as_they_are(self) -> None:
        with snapshot():
            codes()
        with transaction.atomic():
            if connection.vendor == "sqlite":  # IMMEDIATE: nobody else can begin to write
                with pytest.raises(Error, match="locked"):
                    elsewhere(lambda: impatient_add("b"))
            add("c")
        assert codes() == ["c"]

    def test_refuses_writing_on_postgresql(self) -> None:
        if connection.vendor == "sqlite":
            pytest.skip("SQLite has no transactions that only read")
        with pytest.raises(Error, match="read-only"), snapshot():
            add("a")

    def test_is_part_of_an_open_transaction(self) -> None:
        with transaction.atomic(), snapshot():
            add("a")
        assert codes() == ["a"]


def impatient_add(code: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 10")
    add(code)
