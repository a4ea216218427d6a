"""Price lists and promo codes as people write them: a file of prices in YAML. Needs no database."""

import re
from collections.abc import Iterable
from typing import Final

import yaml

from trueup.prices.rules.files import file_of
from trueup.prices.rules.lists import PriceList
from trueup.prices.rules.promos import PromoCode

_PLAIN: Final = re.compile(r"(?!(?i:true|false|null|yes|no|on|off|y|n)$)[A-Za-z][A-Za-z0-9_./-]*")
"""Text that everybody reads as text without quotes."""


class _Dumper(yaml.SafeDumper):
    """YAML as people write it."""


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="" if _PLAIN.fullmatch(value) else "'")


_Dumper.add_representer(str, _text)


def as_text(lists: Iterable[PriceList], codes: Iterable[tuple[str, PromoCode]] = ()) -> str:
    """A file of these price lists and promo codes (with their sellers), which `apply_prices` reads."""
    return yaml.dump(file_of(lists, codes), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
