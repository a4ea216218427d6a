"""The network, programs and yourself, as the API answers them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from trueup.client.answers.usage import RefusedRow


@dataclass(frozen=True, slots=True)
class ImportedCustomers:
    """What a list of customers did; one may be renamed and moved. If any row is refused nothing was done."""

    added: int = 0
    renamed: int = 0
    moved: int = 0
    unchanged: int = 0
    refused_count: int = 0
    """How many rows are bad."""
    refused: tuple[RefusedRow, ...] = ()
    """Their problems, the first thousand."""


@dataclass(frozen=True, slots=True)
class MappingProfile:
    """A mapping profile; `definition` is what it says, as docs/exchange.md explains it. A built-in one is nobody's."""

    name: str
    kind: str
    account: str
    built_in: bool
    definition: dict[str, Any]
    saved_at: datetime | None
    saved_by: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Me:
    """Who calls, for which account, and what the token lets them do."""

    kind: str
    name: str
    account: str
    tier: str
    scopes: tuple[str, ...]
    rights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the network or a webhook: its values by the names the API gives them, and the version that was read."""

    values: dict[str, Any] = field(default_factory=dict)
    version: str = ""

    def __getitem__(self, name: str) -> Any:
        """A value, as JSON has it: numbers with a fraction are text. Raises KeyError."""
        return self.values[name]


@dataclass(frozen=True, slots=True)
class ApiClient:
    """A program of an account. `secret` is there only when it was just made: it is never shown again."""

    client_id: str
    name: str
    account: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    older_secret_until: datetime | None
    revoked_at: datetime | None
    secret: str = ""
    version: str = ""
