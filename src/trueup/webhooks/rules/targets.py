"""Where calls may go to: public addresses, by TLS. What an endpoint's name leads to is not ours, so every address is looked at."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from trueup.kit.errors import Invalid, Problem
from trueup.kit.text import Text, text

MOST_URL: Final = 1000
"""Characters of an endpoint's address."""

LOOK_UP: Final = 5
"""Seconds a name may take to be looked up when somebody saves it."""

_PORTS: Final = {"https": 443, "http": 80}
_EMBEDDING: Final = IPv6Network("64:ff9b::/96")
"""IPv4 behind a translator (NAT64): the last 32 bits are where it goes to."""
_LOCAL_EMBEDDING: Final = IPv6Network("64:ff9b:1::/48")


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint's address, taken apart once: nobody reads it in another way later. `path` has the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(typed: str, *, private: bool) -> Target:
    """An endpoint's address. `private`: the operator allows addresses of its own network, and plain HTTP. Raises Invalid."""
    wrong = _wrong_characters(typed)
    if wrong is not None:
        raise _invalid(wrong)
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError:
        raise _invalid(text("this is not an address of the web")) from None
    if parts.username is not None or parts.password is not None:
        raise _invalid(text("an address with a name or a password in it is not taken: calls are signed instead"))
    if parts.scheme not in _PORTS or not parts.hostname or parts.fragment or port == 0:
        raise _invalid(text("this is not an address like https://example.com/hooks"))
    if parts.scheme == "http" and not private:
        raise _invalid(text("the address has to begin with https://"))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path)


def _wrong_characters(typed: str) -> Text | None:
    if not typed:
        return text("an address is needed")
    if len(typed) > MOST_URL:
        return text("the address has {length} characters, {most} at most are kept", length=len(typed), most=MOST_URL)
    if not typed.isascii() or not typed.isprintable() or any(mark in typed for mark in ' \\"<>^`{|}'):
        return text("the address has characters that have to be encoded: write it as a browser sends it")
    return None


def _invalid(reason: Text) -> Invalid:
    return Invalid(reason, [Problem("url", reason, "bad_url", ("url",))])


def not_public(host: str) -> Invalid:
    """The refusal of a name that leads nowhere, or into a private network: the same, so that nobody learns which names there are."""
    return _invalid(text("“{host}” has no address on the public internet", host=host))


def not_looked_up(host: str) -> Invalid:
    """The refusal of a name whose name server did not answer in time."""
    return _invalid(text("“{host}” could not be looked up within {seconds} seconds; try again", host=host, seconds=LOOK_UP))


def is_public(address: str) -> bool:
    """Whether calls may go to an IP address: not to private, loopback, link-local, multicast or reserved ones, in any disguise."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(_is_public(one) for one in _meant(found))


def _meant(found: IPv4Address | IPv6Address) -> Iterable[IPv4Address | IPv6Address]:
    """The address, or those that are hidden in it."""
    if isinstance(found, IPv4Address):
        return (found,)
    if found.ipv4_mapped is not None:
        return (found.ipv4_mapped,)
    if found in _EMBEDDING:
        return (IPv4Address(int(found) & 0xFFFFFFFF),)
    if found.sixtofour is not None:
        return (found.sixtofour,)
    return (found, *found.teredo) if found.teredo is not None else (found,)


def _is_public(one: IPv4Address | IPv6Address) -> bool:
    refused = (
        not one.is_global, one.is_private, one.is_loopback, one.is_link_local, one.is_multicast, one.is_reserved, one.is_unspecified,
        isinstance(one, IPv6Address) and (one.is_site_local or one in _LOCAL_EMBEDDING),
    )  # fmt: skip
    return not any(refused)


def allowed(addresses: Collection[str], *, private: bool) -> list[str]:
    """The addresses a call may go to, in their order; none if only one of them is refused: a name that leads to both is a trap."""
    if not private and not all(is_public(address) for address in addresses):
        return []
    return list(addresses)
