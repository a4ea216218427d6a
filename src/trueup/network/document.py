"""Reading a network file: YAML with exact numbers, and the line of every value; then the published JSON Schema."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from trueup.kit.errors import Invalid, Problem
from trueup.network.rules.tree import Path, Raw, Wrong

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times as fast, where it was built

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?(0|[1-9]\d{0,30})")
_DECIMAL = re.compile(r"[-+]?(\d{0,30}\.\d{1,30}|\d{1,30}\.)([eE][-+]?\d{1,2})?|[-+]?\d{1,30}[eE][-+]?\d{1,2}")
_MERGE = "<<"
_KINDS = {
    "object": "a mapping (field: value)",
    "array": "a list",
    "string": "text (put it in quotes)",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}


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


def read(text: str, file_name: str) -> Document:
    """Read the YAML of a network file. Raises Invalid with the line of what cannot be read."""
    try:
        loader = _Base(text)
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
        raise _unreadable(file_name, root.start_mark, "the file must be a mapping of sections such as `accounts:`")
    return Document(root or yaml.MappingNode("", []), data)


def _unreadable(file_name: str, mark: Any, message: str) -> Invalid:
    where = f"{file_name} line {mark.line + 1}" if mark else file_name
    return Invalid(f"{file_name} cannot be read", [Problem(where, message, "not_yaml")])


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
            raise Invalid(f"{self._file_name} cannot be read", self._problems)
        return value

    def _refuse(self, node: yaml.Node, message: str, code: str) -> None:
        self._problems.append(Problem(f"{self._file_name} line {node.start_mark.line + 1}", message, code))

    def _value(self, node: yaml.Node) -> Raw:
        """The value of a node; one that is referred to by an alias is built once."""
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if id(node) in self._open:
            self._refuse(node, "an anchor must not contain itself", "recursive")
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
                self._refuse(key, "a key must be a word", "not_a_key")
            elif key.value in own:
                self._refuse(key, f"`{key.value}` is here twice", "duplicate_key")
            else:
                own[key.value] = self._value(value)
        return merged | own

    def _bases(self, node: yaml.Node) -> list[dict[str, Raw]]:
        found = self._value(node)
        bases = [item for item in (found if isinstance(found, list) else [found]) if isinstance(item, dict)]
        if not bases:
            self._refuse(node, "`<<` takes an alias of a mapping", "not_a_mapping")
        return bases


def _scalar(node: yaml.ScalarNode) -> Raw:
    """Quoted is text; of what is plain, only what everybody reads alike is more (`no` and `012` are text)."""
    text: str = node.value
    if node.style or node.tag == "tag:yaml.org,2002:str":
        return text
    if _NULL.fullmatch(text):
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


@cache
def schema() -> dict[str, Any]:
    """The published JSON Schema of a network file."""
    text = resources.files("trueup.network").joinpath("network.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def wrong_shape(document: Document) -> list[Wrong]:
    """Everything in which a document differs from the schema, in words."""
    found: dict[Wrong, None] = {}
    for error in _validator().iter_errors(document.data):
        found.update(dict.fromkeys(_in_words(error)))
    return list(found)


def _in_words(error: ValidationError) -> Iterator[Wrong]:
    path = tuple(error.absolute_path)
    rule, value = cast(Any, error.validator_value), cast(Any, error.instance)
    match error.validator:
        case "required":
            missing = [name for name in rule if name not in value]
            yield from (Wrong(path, f"`{name}` is missing", "missing") for name in missing)
        case "additionalProperties":
            known = list(_schema_of(error)["properties"])
            unknown = [name for name in value if name not in known]
            yield from (Wrong((*path, name), f"`{name}` is not known here{_meant(name, known)}", "unknown_field") for name in unknown)
        case "anyOf":
            yield from _of_branches(error)
        case _:
            yield Wrong(path, _label(path) + _one(error), f"wrong_{str(error.validator).lower()}")


def _schema_of(error: ValidationError) -> dict[str, Any]:
    """The part of the schema that was not met."""
    return cast("dict[str, Any]", error.schema)


def _label(path: tuple[str | int, ...]) -> str:
    """The field at the end of a path, as the beginning of a sentence."""
    names = [step for step in path[1:] if isinstance(step, str)]
    return f"`{names[-1]}` " if names else ""


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _one(error: ValidationError) -> str:
    """The end of the sentence that begins with the field's name."""
    value: Any = error.validator_value
    match error.validator:
        case "type":
            kinds = [value] if isinstance(value, str) else value
            return "must be " + " or ".join(_KINDS[kind] for kind in kinds)
        case "enum":
            return f"must be one of {', '.join(str(item) for item in value if item is not None)}, not {_short(error.instance)}"
        case "minimum":
            return f"must not be below {value}, but is {error.instance}"
        case "maximum":
            return f"must not be above {value}, but is {error.instance}"
        case "maxLength":
            return f"may have {value} characters at most"
        case "minItems":
            return "must not be empty"
        case "pattern":
            return f"must be {_schema_of(error).get('x-in-words', 'text in the expected form')}, not {_short(error.instance)}"
    return str(error.message)


def _short(value: Any) -> str:
    text = str(value)
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"


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
    yield Wrong(path, _label(path) + f"must be {_schema_of(error)['x-in-words']}", "wrong_form")
