"""Sentences in a language, also when the request that asked for it is over: a file is made while it is sent."""

from django.utils.translation import gettext, ngettext, override

from trueup.kit.text import Text
from trueup.statements.exports.pdf import Say


def saying(language: str) -> Say:
    """Puts sentences into a language. What is put into them (numbers, months) stays as programs write it, as in English."""

    def say(sentence: Text) -> str:
        with override(language):
            return _said(sentence)

    return say


def _said(sentence: object) -> str:
    if not isinstance(sentence, Text) or not sentence.template:
        return str(sentence)
    values = {name: _said(value) if isinstance(value, Text) else value for name, value in sentence.values.items()}
    if sentence.plural is None:
        return gettext(sentence.template).format(**values)
    count = sentence.values["count"]
    return ngettext(sentence.template, sentence.plural, count if isinstance(count, int) else 2).format(**values)
