"""Long tables made quickly: a template is rendered once for each kind of row, with marks where the values go, and then filled row by row.

The template stays the one place where a row's HTML is written. What is filled in is escaped as the template would escape it.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from django.template.loader import get_template
from django.utils.safestring import SafeString

_BEGIN, _END = "\ue000", "\ue001"
_MARK = re.compile(f"{_BEGIN}([a-z_]+){_END}")


class Marks:
    """Stands for the values of a row while its mold is made: every attribute is its own mark."""

    def __getattr__(self, name: str) -> str:
        return f"{_BEGIN}{name}{_END}"

    def __getitem__(self, name: str) -> str:
        """As templates look things up."""
        return f"{_BEGIN}{name}{_END}"


class Mold:
    """A row of one kind."""

    def __init__(self, template: str, context: Mapping[str, Any]) -> None:
        """Render the template with marks as `text`."""
        self._parts = _MARK.split(get_template(template).render({**context, "text": Marks()}))
        self._names = frozenset(self._parts[1::2])

    def fill(self, values: Mapping[str, str]) -> str:
        """The row with its values. Raises KeyError for a value that is missing."""
        escaped = {name: values[name] if isinstance(values[name], SafeString) else escape(values[name]) for name in self._names}
        parts = self._parts.copy()
        parts[1::2] = [escaped[name] for name in parts[1::2]]
        return "".join(parts)


class Molds:
    """The molds of one page, made when they are first needed. `kind` decides which one; the template sees it as `is`."""

    def __init__(self, template: str, context: Mapping[str, Any]) -> None:
        self._template, self._context = template, context
        self._made: dict[Any, Mold] = {}

    def fill(self, kind: Any, values: Mapping[str, str]) -> SafeString:
        """A row of a kind."""
        mold = self._made.get(kind)
        if mold is None:
            mold = self._made[kind] = Mold(self._template, {**self._context, "kind": kind})
        return SafeString(mold.fill(values))
