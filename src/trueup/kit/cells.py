"""Text in files that people open in spreadsheets."""

_FORMULA = ("=", "+", "-", "@", "|", "%")
_HIDDEN = " \t\r\n\u00a0\ufeff"


def safe_cell(value: str) -> str:
    """Text that a spreadsheet does not take for a formula: whatever could begin one gets an apostrophe in front. Numbers stay numbers."""
    inside = value.lstrip(_HIDDEN)
    harmless = not inside.startswith(_FORMULA) or _is_number(value)
    return value if harmless and not value.startswith(("\t", "\r", "\n")) else f"'{value}"


def _is_number(value: str) -> bool:
    return value.isascii() and value.removeprefix("-").replace(".", "", 1).isdigit()
