"""Mapping profiles: the columns of other programs' files."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from trueup.client.answers import MappingProfile
from trueup.client.reading import read
from trueup.client.transport import Transport
from trueup.kit.addresses import encoded

_OURS: Final = frozenset({"name", "account", "built_in", "saved_at", "saved_by", "version"})
"""What is known of a profile beside what it says."""


class Profiles:
    """`client.profiles`: those of the account, and those that are built in; files are sent and reports read with them."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[MappingProfile]:
        """All of them, by name. Raises NotAllowed."""
        return (_profile(one) for one in self._transport.pages("/mapping-profiles"))

    def get(self, name: str) -> MappingProfile:
        """One profile. Raises NotFound."""
        return _profile(self._transport.get(_path(name)).json)

    def save(self, name: str, definition: Mapping[str, Any], *, version: str | None = None) -> MappingProfile:
        """Save what a profile says: a new one (`version` None), or in place of the one that was read; `*`: whatever is there.

        Raises Invalid with the place of everything that is wrong, Changed, Conflict for the name of a built-in one, NotAllowed.
        """
        return _profile(self._transport.call("PUT", _path(name), json=dict(definition), version=version).json)

    def remove(self, name: str, *, version: str) -> None:
        """Remove a profile; what was made with it stays. Raises NotFound, Changed, NotAllowed."""
        self._transport.call("DELETE", _path(name), version=version)


def _path(name: str) -> str:
    return f"/mapping-profiles/{encoded(name)}"


def _profile(given: Any) -> MappingProfile:
    said = given if isinstance(given, dict) else {}
    definition = {name: value for name, value in said.items() if name not in _OURS and value is not None}
    return read(MappingProfile, {**said, "definition": definition})
