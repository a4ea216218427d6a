"""Reading what somebody says a profile is: everything that is wrong with it, at once and with its place."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, cast

from trueup.exchange.rules.days import DAY_FORMATS
from trueup.exchange.rules.profiles import (
    BUILT_IN,
    DELIMITERS,
    ENCODINGS,
    FIGURES,
    REQUIRED,
    TEXTS,
    USAGE,
    Alias,
    Column,
    Kind,
    Per,
    Profile,
)
from trueup.kit.errors import Conflict, Invalid, Problem
from trueup.kit.text import Text, plural, text

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
MOST_COLUMNS: Final = 100
MOST_ALIASES: Final = 20_000
MOST_CHARACTERS: Final = 300
"""Of a heading, a constant, a name."""
MOST_HEADER_ROW: Final = 1000

_KNOWN: Final = tuple(one.name for one in fields(Profile) if one.name not in {"name", "built_in"})
_ALIAS: Final = ("company", "agreement", "agreement_id")


def read_name(name: str) -> str:
    """The name of a profile of one's own. Raises Invalid, and Conflict for that of a built-in one."""
    if not _NAME.fullmatch(name):
        message = text("a name has 1 to 60 letters, digits, dots, dashes or underscores, and begins with a letter or digit")
        raise Invalid(message, [Problem("name", message, "name", ("name",))])
    refuse_built_in(name)
    return name


def refuse_built_in(name: str) -> None:
    """Raises Conflict for the name of a built-in profile."""
    if name in BUILT_IN:
        raise Conflict(text("“{name}” is built in and stays as it is: save yours under another name", name=name))


def read_profile(name: str, said: Mapping[str, object]) -> Profile:
    """The profile that a document (JSON or YAML) describes. Raises Invalid with each problem and its place."""
    reading = _Reading()
    profile = reading.profile(name, said)
    if reading.problems:
        count = len(reading.problems)
        raise Invalid(plural("the profile has {count} problem", "the profile has {count} problems", count), reading.problems)
    return profile


class _Reading:
    """Collects what is wrong while the values are read; a wrong value is read as its default."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, message: Text, code: str, *at: str) -> None:
        self.problems.append(Problem(".".join(at), message, code, at))

    def profile(self, name: str, said: Mapping[str, object]) -> Profile:
        self._only(said, _KNOWN)
        kind = Kind(self._one_of(said, "kind", tuple(Kind), ""))
        if kind == Kind.IN and "per" in said:
            self.wrong(text("`{field}` belongs to a profile for reports only", field="per"), "unknown_field", "per")
        least = 1 if kind == Kind.IN else 0
        return Profile(
            name=name,
            kind=kind,
            columns=self._columns(kind, said.get("columns")),
            services={name: alias.name for name, alias in self._aliases("services", said.get("services"), ("name",)).items()},
            customers=self._aliases("customers", said.get("customers"), _ALIAS if kind == Kind.OUT else ("name",)),
            per=Per(self._one_of(said, "per", tuple(Per), Per.LINE)),
            sum_per_sku=self._switch(said, "sum_per_sku", default=True),
            decimal_comma=self._switch(said, "decimal_comma", default=False),
            delimiter=self._one_of(said, "delimiter", tuple(DELIMITERS), ","),
            header_row=self._header_row(said.get("header_row", 1), least, 1 if kind == Kind.OUT else MOST_HEADER_ROW),
            encoding=self._one_of(said, "encoding", ENCODINGS, "utf-8"),
            day_format=self._one_of(said, "day_format", tuple(DAY_FORMATS), "YYYY-MM-DD"),
        )

    def _only(self, said: Mapping[str, object], known: Collection[str], *at: str) -> None:
        for name in said:
            if name not in known:
                self.wrong(text("`{field}` is not known here", field=name), "unknown_field", *at, str(name))

    def _one_of(self, said: Mapping[str, object], name: str, allowed: Sequence[str], default: str) -> str:
        value = said.get(name, default)
        if value in allowed:
            return str(value)
        shown = ", ".join("\\t" if one == "\t" else one for one in allowed)
        code = "not_one_of" if name in said else "missing"
        self.wrong(text("`{field}` must be one of {allowed}", field=name, allowed=shown), code, name)
        return default or allowed[0]

    def _switch(self, said: Mapping[str, object], name: str, *, default: bool) -> bool:
        value = said.get(name, default)
        if isinstance(value, bool):
            return value
        self.wrong(text("`{field}` must be true or false", field=name), "not_a_switch", name)
        return default

    def _header_row(self, value: object, least: int, most: int) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.wrong(text("`{field}` must be a whole number from {least} to {most}", field="header_row", least=least, most=most),
                   "out_of_range", "header_row")  # fmt: skip
        return 1

    def _word(self, value: object, *at: str) -> str:
        """A text, or a whole number, which stands for its digits."""
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            self.wrong(text("this must be text (put it in quotes)"), "not_text", *at)
            return ""
        if len(value) > MOST_CHARACTERS or not value.isprintable():
            self.wrong(text("this must be one line of at most {most} characters", most=MOST_CHARACTERS), "not_one_line", *at)
            return ""
        return value

    def _columns(self, kind: Kind, said: object) -> tuple[Column, ...]:
        if not isinstance(said, list) or not 0 < len(said) <= MOST_COLUMNS:
            self.wrong(text("`columns` must be a list of 1 to {most} columns", most=MOST_COLUMNS), "columns", "columns")
            return ()
        known = {**TEXTS, **FIGURES} if kind == Kind.OUT else USAGE
        columns = tuple(self._column(kind, known, one, "columns", str(place)) for place, one in enumerate(said))
        self._check_whole(kind, columns)
        return columns

    def _column(self, kind: Kind, known: Collection[str], said: object, *at: str) -> Column:
        if not isinstance(said, dict):
            self.wrong(text("a column must be a mapping with `heading` and `field`, or a `constant`"), "column", *at)
            return Column()
        self._only(said, ("heading", "field", "constant"), *at)
        heading, name, constant = (self._word(said[key], *at, key) if key in said else None for key in ("heading", "field", "constant"))
        if name is not None and name not in known:
            self.wrong(text("there is no field “{field}”: there are {known}", field=name, known=", ".join(known)), "field", *at, "field")
            name = None
        column = Column((heading or "").strip(), name or "", constant)
        if kind == Kind.OUT and ("field" in said) == ("constant" in said):
            self.wrong(text("a column has either a `field` or a `constant`"), "column", *at)
        if kind == Kind.IN and (bool(column.heading) == ("constant" in said) or "field" not in said):
            self.wrong(text("a column has a `field`, and either the `heading` it is read from or a `constant`"), "column", *at)
        return column

    def _check_whole(self, kind: Kind, columns: Sequence[Column]) -> None:
        """What no column can know by itself."""
        if kind == Kind.OUT:
            self._twice([column.heading.casefold() for column in columns if column.heading], columns)
            return
        counts = Counter(column.field for column in columns)
        for place, column in enumerate(columns):
            if column.field and counts[column.field] > 1:
                self.wrong(text("the field “{field}” is there twice", field=column.field), "twice", "columns", str(place), "field")
        for name in REQUIRED:
            if name not in counts:
                self.wrong(text("the field “{field}” is missing", field=name), "missing", "columns")

    def _twice(self, headings: Sequence[str], columns: Sequence[Column]) -> None:
        counts = Counter(headings)
        for place, column in enumerate(columns):
            if counts[column.heading.casefold()] > 1:
                self.wrong(
                    text("the heading “{heading}” is there twice", heading=column.heading), "twice", "columns", str(place), "heading"
                )

    def _aliases(self, name: str, said: object, keys: Sequence[str]) -> dict[str, Alias]:
        """What is read → what is written; the first of the keys is what a text alone stands for."""
        if said is None:
            return {}
        if not isinstance(said, dict) or len(said) > MOST_ALIASES:
            self.wrong(text("`{field}` must be a mapping of at most {most} names", field=name, most=MOST_ALIASES), "aliases", name)
            return {}
        return {self._word(key, name, str(key)): self._alias(value, keys, name, str(key)) for key, value in said.items()}

    def _alias(self, said: object, keys: Sequence[str], *at: str) -> Alias:
        if isinstance(said, dict) and len(keys) > 1:
            self._only(said, keys, *at)
            words = [self._word(said.get(key, ""), *at, key).strip() for key in keys]
            return Alias(*words)
        word = self._word(cast("Any", said), *at).strip()
        if not word and not any(problem.at == at for problem in self.problems):
            self.wrong(text("this must not be empty"), "missing", *at)
        return Alias(word)
