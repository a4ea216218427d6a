"""XML as a tree of names, texts and children: what both forms of an e-invoice are written with."""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from lxml import etree

Node: TypeAlias = "tuple[str, Any, Mapping[str, str]]"
"""A name with its prefix, what is in it (a text, or nodes), and its attributes."""


_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML has no way to write: control characters that came with a name or a reason."""


def node(name: str, inner: Any, **attributes: str) -> Node:
    """One element; one without anything in it is not written."""
    return name, inner, attributes


def written(root: str, prefixes: Mapping[str, str], inner: list[Node], *, default: str | None = None) -> bytes:
    """The document in UTF-8. `prefixes` are those of the names, `default` the namespace of names without one."""
    namespaces: dict[str | None, str] = {} if default is None else {None: default}
    namespaces.update(prefixes)
    tree = etree.Element(_name(root, namespaces), nsmap=namespaces)
    for child in inner:
        _append(tree, child, namespaces)
    etree.indent(tree, space="  ")
    found: bytes = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    return found


def _append(parent: Any, child: Node, namespaces: Mapping[str | None, str]) -> None:
    name, inner, attributes = child
    if inner is None or inner == "" or (isinstance(inner, list) and not any(_said(one) for one in inner)):
        return
    element = etree.SubElement(parent, _name(name, namespaces), attributes)
    if isinstance(inner, str):
        element.text = _UNWRITABLE.sub(" ", inner)
        return
    for one in inner:
        _append(element, one, namespaces)


def _said(child: Node) -> bool:
    _, inner, _ = child
    return any(_said(one) for one in inner) if isinstance(inner, list) else inner not in {None, ""}


def _name(name: str, namespaces: Mapping[str | None, str]) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{namespaces[prefix or None]}}}{local}"
