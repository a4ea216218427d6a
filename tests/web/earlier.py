"""Statements of earlier months, for pages that tell of many: as one that there is, in another month, currency or size."""

from datetime import date
from decimal import Decimal

from trueup.cycles.models import Cycle
from trueup.statements.models import Statement, StatementLine


def issued_before(number: str, day: date, *, times: str = "1", currency: str = "EUR") -> None:
    """A statement like one that there is, with amounts and units `times` as large. (It takes its place behind the one issued last.)"""
    like = Statement.objects.get(number=number)
    cycle, _made = Cycle.objects.get_or_create(first_day=day)
    last = Statement.objects.filter(seller=like.seller).order_by("sequence").last() or like
    factor = Decimal(times)
    sizes = {"sequence": last.sequence + 1, "number": f"{number}-{last.sequence + 1}", "cycle_id": cycle.pk, "corrects_id": last.pk}
    made = Statement.objects.create(**_values(like) | sizes | {"currency": currency})
    for line in like.lines.all():
        figures = {name: getattr(line, name) * factor for name in ("units", "credits", "amount") if getattr(line, name) is not None}
        StatementLine.objects.create(**_values(line) | figures | {"statement_id": made.pk})


def _values(row: Statement | StatementLine) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
