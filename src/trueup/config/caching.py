"""How long a browser may keep our files."""

from wsgiref.headers import Headers


def headers_of(headers: Headers, _path: str, url: str) -> None:
    """Scripts import each other by plain addresses: a browser has to ask whether they are still the same."""
    if url.endswith(".js"):
        headers["Cache-Control"] = "no-cache"
