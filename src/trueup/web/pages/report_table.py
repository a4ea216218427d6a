"""The lines of a report as HTML: hundreds of them, so each kind of line is rendered once and filled (see `trueup.web.molds`).

A line that nobody is editing looks the same until its report changes: its HTML is kept for the next who looks, and after a draft is
saved only the lines that changed are made anew.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

from django.template.defaultfilters import capfirst, linebreaksbr
from django.template.loader import get_template
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from trueup.kit.addresses import anchor, encoded
from trueup.web import numbers, words
from trueup.web.molds import Molds
from trueup.web.pages.report_rows import Row
from trueup.web.templatetags.trueup import signed
from trueup.web.words import says


class Kind(NamedTuple):
    """What decides how a line looks, apart from its values."""

    blocking: bool
    edited: bool
    selected: bool
    invalid: bool
    notes: bool
    typed: bool
    commented: bool
    last: bool
    unknown_used: bool
    over: bool
    credits: bool
    spark: bool
    spark_knows_used: bool
    dots: int


class Notes(NamedTuple):
    """What is said below a line: how many of each."""

    blocking: int
    warnings: int
    comment: bool
    reason: bool


NEEDS = ("page", "address", "current_group", "report")
"""What a table needs of the context of its page."""

_LINES_KEPT = 4_000
"""About 6 KB each."""


class Setting(NamedTuple):
    """What the lines of a page have in common. `as_of`: what the figures know of the ledger, and so which days their curves show."""

    language: str
    may_edit: bool
    editable: bool
    address: str
    group: str
    as_of: datetime


class _Line:
    """A line nobody is editing. Two are equal if they look the same; their curves follow from the setting and the service."""

    __slots__ = ("_key", "row")

    def __init__(self, row: Row) -> None:
        self.row = row
        self._key = (row.line, row.shown, row.last, row.pointed_at, row.selected)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Line) and self._key == other._key


class Table:
    """Fills the lines of one page."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        self._context = context
        page = context["page"]
        self._setting = Setting(
            get_language() or "", page.may_edit, page.editable, context["address"].report, context["current_group"], context["report"].as_of
        )

    def html(self, rows: Iterable[Row]) -> SafeString:
        """The lines, one after the other."""
        return SafeString("".join(self._row(row) for row in rows))

    def _row(self, row: Row) -> str:
        if row.errors or row.meanwhile or row.typed_comment or row.shown.mine != row.shown.was:
            return _Filling(self._setting, self._context).row(row)
        return _kept(self._setting, _Line(row))


@lru_cache(maxsize=_LINES_KEPT)
def _kept(setting: Setting, line: _Line) -> str:
    return _Filling(setting, _context(setting)).row(line.row)


def _context(setting: Setting) -> dict[str, Any]:
    """What the templates of a line ask of their page."""
    page = {"may_edit": setting.may_edit, "editable": setting.editable}
    return {"page": page, "address": {"report": setting.address}, "current_group": setting.group}


@lru_cache(maxsize=64)
def _molds(setting: Setting) -> tuple[Molds, Molds]:
    """The molds of lines and of what is said below them."""
    return Molds("web/reports/_row.html", _context(setting)), Molds("web/reports/_simple_notes.html", _context(setting))


class _Filling:
    """Makes the HTML of single lines."""

    def __init__(self, setting: Setting, context: Mapping[str, Any]) -> None:
        self._rows, self._notes = _molds(setting)
        self._context = context
        self._report = setting.address

    def row(self, row: Row) -> str:
        """One line with what is said below it."""
        values = _values(row)
        values["address"] = f"{self._report}lines/{encoded(row.service)}/"
        values["notes"] = self._said(row) if row.notes else ""
        values["typed"] = self._rendered("_typed_comment.html", row) if row.typed_comment else ""
        return self._rows.fill(_kind(row), values)

    def _said(self, row: Row) -> SafeString:
        line = row.line
        unusual = row.errors or row.meanwhile or row.pointed_at or row.typed_comment or line.outcome != "as_saved"
        if unusual or len(row.blocking) > len(_PLACES) or len(row.warnings) > len(_PLACES):
            return self._rendered("_notes.html", row)
        values = {
            "anchor": anchor(row.service),
            "comment": linebreaksbr(escape(line.comment)),
            "reason": words.word(words.REASONS, line.reason),
        }
        values |= {f"blocking_{place}": capfirst(says(issue.message)) for place, issue in zip(_PLACES, row.blocking, strict=False)}
        values |= {f"warning_{place}": capfirst(says(issue.message)) for place, issue in zip(_PLACES, row.warnings, strict=False)}
        return self._notes.fill(Notes(len(row.blocking), len(row.warnings), bool(line.comment), bool(line.reason)), values)

    def _rendered(self, template: str, row: Row) -> SafeString:
        return SafeString(get_template(f"web/reports/{template}").render({**self._context, "row": row}))


_PLACES = ("a", "b", "c")
"""So many issues of a severity have a place in a mold; more are rendered one by one."""


def _kind(row: Row) -> Kind:
    line, spark = row.line, row.spark
    return Kind(
        blocking=bool(row.blocking),
        edited=row.edited,
        selected=row.selected,
        invalid="chargeable" in row.errors,
        notes=row.notes,
        typed=row.typed_comment,
        commented=bool(line.comment),
        last=bool(row.last and row.last.comment),
        unknown_used=row.unknown_used,
        over=bool(line.over_provisioned),
        credits=line.credits is not None,
        spark=spark is not None,
        spark_knows_used=bool(spark and spark.knows_used),
        dots=len(spark.dots) if spark else 0,
    )


def _values(row: Row) -> dict[str, str]:
    line, spark = row.line, row.spark
    values = {
        "service": row.service,
        "anchor": anchor(row.service),
        "query": quote(row.service, safe=""),
        "name": line.service_name,
        "unit": line.unit,
        "decimals": str(line.decimals),
        "default_plain": row.default_plain,
        "default_text": row.default_text,
        "default": numbers.shown(line.default_chargeable, line.decimals),
        "comment": line.comment,
        "reason": line.reason,
        "last_comment": row.last.comment if row.last else "",
        "last_reason": row.last.reason if row.last else "",
        "provisioned": numbers.shown(line.provisioned, line.decimals),
        "used": "" if line.used is None else numbers.shown(line.used, line.decimals),
        "over": "" if line.over_provisioned is None else numbers.shown(line.over_provisioned, line.decimals),
        "percent": "" if line.over_provisioned_percent is None else numbers.shown(line.over_provisioned_percent),
        "credits": "" if line.credits is None else numbers.shown(line.credits),
        "mine": row.shown.mine,
        "was": row.shown.was,
        "chargeable": numbers.shown(line.chargeable, line.decimals),
        "change": signed(row.change),
    }
    if spark:
        values |= {
            "width": str(spark.width),
            "area": spark.area,
            "points": spark.line,
            "lowest": numbers.shown(spark.lowest),
            "highest": numbers.shown(spark.highest),
        }
        for place, (x, y) in zip(_PLACES, spark.dots, strict=False):
            values |= {f"x_{place}": str(x), f"y_{place}": str(y)}
    return values
