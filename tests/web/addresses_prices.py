"""The pages of prices in the table of all addresses (tests/web/addresses.py)."""

from typing import Final

from tests.web.addresses_rows import Page

PRICES: Final[tuple[Page, ...]] = ()
