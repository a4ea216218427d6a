"""A mapping profile as people write it: YAML, read with the line of everything that is wrong. Needs no database."""

import re
from dataclasses import replace
from typing import Any, Final

import yaml

from trueup.exchange.rules.definition import read_name, read_profile
from trueup.exchange.rules.profiles import Profile, document_of
from trueup.kit.errors import Invalid, Problem
from trueup.kit.text import Text, text
from trueup.network.document import Document, line_in
from trueup.network.document import read as read_yaml

_PLAIN: Final = re.compile(r"(?!(?i:true|false|null|yes|no|on|off|y|n)$)[A-Za-z][A-Za-z0-9_./-]*")
"""Text that everybody reads as text without quotes."""


class _InLine(dict[str, Any]):
    """A mapping that is written in one line."""


class _Dumper(yaml.SafeDumper):
    """YAML as people write it."""


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="" if _PLAIN.fullmatch(value) else "'")


_Dumper.add_representer(str, _text)
_Dumper.add_representer(
    _InLine, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=True)
)  # fmt: skip


def as_text(profile: Profile) -> str:
    """A profile as YAML, which `from_text` reads."""
    said: dict[str, Any] = {"name": profile.name, **document_of(profile)}
    said["columns"] = [_InLine(column) for column in said["columns"]]
    said["customers"] = {ref: _InLine(alias) if isinstance(alias, dict) else alias for ref, alias in said["customers"].items()}
    return yaml.dump(said, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def from_text(written: str, *, file_name: str, name: str | None = None) -> Profile:
    """The profile that a YAML text describes; `name` is what it has to be called, if that is settled.

    Raises Invalid with the line of everything that is wrong, and Conflict for the name of a built-in one.
    """
    document = read_yaml(written, file_name)
    said = dict(document.data)
    called = said.pop("name", name)
    try:
        if not isinstance(called, str):
            raise _misnamed(text("`name` must be the name of the profile"))
        if name is not None and called != name:
            raise _misnamed(text("a profile keeps its name, which is {name}", name=name))
        return read_profile(read_name(called), said)
    except Invalid as error:
        raise Invalid(error.message, [_in_line(one, document, file_name) for one in error.problems]) from error


def _misnamed(message: Text) -> Invalid:
    return Invalid(message, [Problem("name", message, "name", ("name",))])


def _in_line(problem: Problem, document: Document, file_name: str) -> Problem:
    """A problem with the line it is in."""
    steps = tuple(int(step) if place == 1 and problem.at[0] == "columns" else step for place, step in enumerate(problem.at))
    return replace(problem, where=line_in(file_name, document.line_of(steps)))
