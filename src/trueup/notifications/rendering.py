"""Templates → the words of an e-mail. An operator's own templates come first; one that is broken holds up nothing."""

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.template import Context, Engine
from django.template.loader import get_template

from trueup.notifications.rules import Kind, one_line

_log = logging.getLogger(__name__)

_GAP = re.compile(r"\n\s*\n")
"""Empty lines that parts of a template left out leave behind."""

FOLDER = "notifications"
"""Where templates are in TEMPLATES DIRS: `notifications/<kind>.subject.txt`, `.txt`, `.html`."""


class Rendered(NamedTuple):
    """The words of an e-mail; `problem` says which templates of the operator's could not be used, and why."""

    subject: str
    text: str
    html: str
    problem: str


def render(kind: Kind, context: Mapping[str, object]) -> Rendered:
    """The e-mail of a kind in the language that is active."""
    problems: list[str] = []
    subject = one_line(_part(f"{kind}.subject.txt", context, problems))
    body = _GAP.sub("\n\n", _part(f"{kind}.txt", context, problems)).strip() + "\n"
    html = _part(f"{kind}.html", {**context, "subject": subject}, problems)
    return Rendered(subject, body, html, "; ".join(problems))


def _part(name: str, context: Mapping[str, object], problems: list[str]) -> str:
    """One part of it, by the installation's template, or by ours where that one fails or says nothing."""
    # Text is not HTML: only there is what people wrote escaped.
    values = Context(dict(context), autoescape=name.endswith(".html"))
    try:
        found = get_template(f"{FOLDER}/{name}").template.render(values)  # type: ignore[attr-defined]
        if found.strip():
            return str(found)
        problem = "it is empty"
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with somebody's template, people have to be told
        problem = f"{type(error).__name__}: {error}"
    _log.error("the template %s could not be used: %s", f"{FOLDER}/{name}", problem)
    problems.append(f"the template {FOLDER}/{name} was replaced by the built-in one: {problem}")
    return str(_ours().get_template(f"{FOLDER}/{name}").render(Context(dict(context), autoescape=name.endswith(".html"))))


@lru_cache(maxsize=1)
def _ours() -> Engine:
    """Our templates alone."""
    return Engine(dirs=[str(Path(__file__).parent / "templates")], libraries={"i18n": "django.templatetags.i18n"})
