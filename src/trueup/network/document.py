"""Reading a network file: YAML with exact numbers, and the line of every value; then the published JSON Schema."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache, reduce
from importlib import resources
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from trueup.kit.errors import Invalid, Problem
from trueup.kit.text import Text, plural, text
from trueup.network.rules.tree import Path, Raw, Wrong

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times as fast, where it was built

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?(0|[1-9]\d{0,30})")
_DECIMAL = re.compile(r"[-+]?(\d{0,30}\.\d{1,30}|\d{1,30}\.)([eE][-+]?\d{1,2})?|[-+]?\d{1,30}[eE][-+]?\d{1,2}")
_MERGE = "<<"
_FORMS: dict[str, Text] = {
    "object": text("a mapping (field: value)"),
    "array": text("a list"),
    "string": text("text (put it in quotes)"),
    "integer": text("a whole number"),
    "number": text("a number"),
    "boolean": text("true or false"),
    "null": text("empty"),
    "one line of text": text("one line of text"),
    "one line of text without spaces at its ends": text("one line of text without spaces at its ends"),
    "a day like 2026-10-16": text("a day like 2026-10-16"),
    "an e-mail address": text("an e-mail address"),
    "three capital letters like USD": text("three capital letters like USD"),
    "the code of a billing unit, or a mapping with its code, name and decimals": text(
        "the code of a billing unit, or a mapping with its code, name and decimals"
    ),
    "the name of a measure, a mapping with name and percentile, or a list of such with `from`": text(
        "the name of a measure, a mapping with name and percentile, or a list of such with `from`"
    ),
}
"""What a value has to be, in sentences: by its JSON type, or as the schema says it itself."""


class Document:
    """A network file that could be read; `data` is its content, `line_of` finds the line of any value."""

    def __init__(self, root: yaml.Node, data: dict[str, Raw]) -> None:
        self._root = root
        self.data = data

    def line_of(self, path: Path) -> int:
        """The line (from 1) of the value at a path, or of the nearest that exists above it."""
        node = self._root
        for step in path:
            below = _child(node, step)
            if below is None:
                break
            node = below
        return int(node.start_mark.line) + 1


def _child(node: yaml.Node, step: str | int) -> yaml.Node | None:
    """The node under a key or an index; keys of merged mappings count where the mapping has none itself."""
    if isinstance(node, yaml.SequenceNode):
        return node.value[step] if isinstance(step, int) and step < len(node.value) else None
    if not isinstance(node, yaml.MappingNode):
        return None
    merged: list[yaml.Node] = []
    for key, value in node.value:
        if key.value == step:
            return value  # type: ignore[no-any-return]
        if _is_merge(key):
            merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
    return next((found for found in (_child(one, step) for one in merged) if found is not None), None)


def _is_merge(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value == _MERGE and not key.style


def read(yaml_text: str, file_name: str) -> Document:
    """Read the YAML of a network file. Raises Invalid with the line of what cannot be read."""
    try:
        loader = _Base(yaml_text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
        data = _Builder(file_name).build(root) if root is not None else {}
    except yaml.MarkedYAMLError as error:
        raise _unreadable(file_name, error.problem_mark or error.context_mark, error.problem or "it is not YAML") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _unreadable(file_name, None, str(error).partition("\n")[0]) from error
    if not isinstance(data, dict):
        raise _unreadable(file_name, root.start_mark, text("the file must be a mapping of sections such as `accounts:`"))
    return Document(root or yaml.MappingNode("", []), data)


def line_in(file_name: str, line: int) -> Text:
    """A place in a network file; lines count from 1."""
    return text("{file} line {line}", file=file_name, line=str(line))


def _unreadable(file_name: str, mark: Any, message: str) -> Invalid:
    where = line_in(file_name, mark.line + 1) if mark else file_name
    return Invalid(text("{file} cannot be read", file=file_name), [Problem(where, message, "not_yaml")])


class _Builder:
    """Turns YAML nodes into plain values. Keys that come twice are collected, and refused together."""

    def __init__(self, file_name: str) -> None:
        self._file_name = file_name
        self._problems: list[Problem] = []
        self._built: dict[int, Raw] = {}
        self._open: set[int] = set()

    def build(self, root: yaml.Node) -> Raw:
        """The value of the whole document. Raises Invalid."""
        value = self._value(root)
        if self._problems:
            raise Invalid(text("{file} cannot be read", file=self._file_name), self._problems)
        return value

    def _refuse(self, node: yaml.Node, message: str, code: str) -> None:
        self._problems.append(Problem(line_in(self._file_name, node.start_mark.line + 1), message, code))

    def _value(self, node: yaml.Node) -> Raw:
        """The value of a node; one that is referred to by an alias is built once."""
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if id(node) in self._open:
            self._refuse(node, text("an anchor must not contain itself"), "recursive")
            return None
        if id(node) not in self._built:
            self._open.add(id(node))
            is_list = isinstance(node, yaml.SequenceNode)
            self._built[id(node)] = [self._value(item) for item in node.value] if is_list else self._mapping(node)
            self._open.discard(id(node))
        return self._built[id(node)]

    def _mapping(self, node: yaml.Node) -> dict[str, Raw]:
        own: dict[str, Raw] = {}
        merged: dict[str, Raw] = {}
        for key, value in node.value:
            if _is_merge(key):
                for base in self._bases(value):
                    merged = base | merged
            elif not isinstance(key, yaml.ScalarNode):
                self._refuse(key, text("a key must be a word"), "not_a_key")
            elif key.value in own:
                self._refuse(key, text("`{key}` is here twice", key=key.value), "duplicate_key")
            else:
                own[key.value] = self._value(value)
        return merged | own

    def _bases(self, node: yaml.Node) -> list[dict[str, Raw]]:
        found = self._value(node)
        bases = [item for item in (found if isinstance(found, list) else [found]) if isinstance(item, dict)]
        if not bases:
            self._refuse(node, text("`<<` takes an alias of a mapping"), "not_a_mapping")
        return bases


def _scalar(node: yaml.ScalarNode) -> Raw:
    """Quoted is text; of what is plain, only what everybody reads alike is more (`no` and `012` are text)."""
    written: str = node.value
    if node.style or node.tag == "tag:yaml.org,2002:str":
        return written
    if _NULL.fullmatch(written):
        return None
    if written in _BOOL:
        return _BOOL[written]
    if _INT.fullmatch(written):
        return int(written)
    return Decimal(written) if _DECIMAL.fullmatch(written) else written


@cache
def schema() -> dict[str, Any]:
    """The published JSON Schema of a network file."""
    written = resources.files("trueup.network").joinpath("network.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(written))


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def wrong_shape(data: dict[str, Raw]) -> list[Wrong]:
    """Everything in which the content of a network file differs from the schema, in words."""
    found: dict[Wrong, None] = {}
    for error in _validator().iter_errors(data):
        found.update(dict.fromkeys(_in_words(error)))
    return list(found)


def _in_words(error: ValidationError) -> Iterator[Wrong]:
    path = tuple(error.absolute_path)
    rule, value = cast(Any, error.validator_value), cast(Any, error.instance)
    match error.validator:
        case "required":
            missing = [name for name in rule if name not in value]
            yield from (Wrong((*path, name), text("`{field}` is missing", field=name), "missing") for name in missing)
        case "additionalProperties":
            known = list(_schema_of(error)["properties"])
            unknown = [name for name in value if name not in known]
            yield from (Wrong((*path, name), _unknown(name, known), "unknown_field") for name in unknown)
        case "anyOf":
            yield from _of_branches(error)
        case _:
            yield Wrong(path, _one(error, _field(path)), f"wrong_{str(error.validator).lower()}")


def _schema_of(error: ValidationError) -> dict[str, Any]:
    """The part of the schema that was not met."""
    return cast("dict[str, Any]", error.schema)


def _field(path: tuple[str | int, ...]) -> Text:
    """The field at the end of a path; of an entry as a whole, that it is one."""
    names = [step for step in path[1:] if isinstance(step, str)]
    return text("`{field}`", field=names[-1]) if names else text("it")


def _unknown(name: str, known: Iterable[str]) -> Text:
    close = difflib.get_close_matches(name, list(known), n=1)
    if close:
        return text("`{field}` is not known here; did you mean `{meant}`?", field=name, meant=close[0])
    return text("`{field}` is not known here", field=name)


def _one(error: ValidationError, field: Text) -> str:
    """What a field has to be."""
    value: Any = error.validator_value
    match error.validator:
        case "type":
            kinds = [_FORMS[kind] for kind in ([value] if isinstance(value, str) else value)]
            form = reduce(lambda one, other: text("{one} or {other}", one=one, other=other), kinds)
            return text("{field} must be {form}", field=field, form=form)
        case "enum":
            allowed = ", ".join(str(item) for item in value if item is not None)
            return text("{field} must be one of {allowed}, not “{typed}”", field=field, allowed=allowed, typed=_short(error.instance))
        case "minimum":
            return text("{field} must not be below {least}, but is {typed}", field=field, least=value, typed=error.instance)
        case "maximum":
            return text("{field} must not be above {most}, but is {typed}", field=field, most=value, typed=error.instance)
        case "maxLength":
            return plural("{field} may have {count} character at most", "{field} may have {count} characters at most", value, field=field)
        case "minItems":
            return text("{field} must not be empty", field=field)
        case "pattern":
            form = _FORMS[_schema_of(error)["x-in-words"]]
            return text("{field} must be {form}, not “{typed}”", field=field, form=form, typed=_short(error.instance))
    return str(error.message)


def _short(value: Any) -> str:
    written = str(value)
    return f"{written[:60]}…" if len(written) > 60 else written


def _of_branches(error: ValidationError) -> Iterator[Wrong]:
    """Of several allowed forms, the complaints of the one whose type was meant; otherwise which forms there are."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    meant = [errors for errors in branches.values() if not any(inner.validator == "type" and not inner.path for inner in errors)]
    if len(meant) == 1:
        for inner in meant[0]:
            yield from _in_words(inner)
        return
    path = tuple(error.absolute_path)
    form = _FORMS[_schema_of(error)["x-in-words"]]
    yield Wrong(path, text("{field} must be {form}", field=_field(path), form=form), "wrong_form")
