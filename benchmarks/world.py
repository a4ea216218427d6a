"""How large the measured world is, and where one of them lives: a home and a database of its own."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.child import Answer, run

DAYS = 31
SERVICES = 20
SERVICES_OF_A_CUSTOMER = 3
_UNITS = {"": 1, "K": 1_000, "M": 1_000_000}


@dataclass(frozen=True)
class Size:
    """A month of October with about so many rows."""

    text: str

    @property
    def rows(self) -> int:
        """As asked for; the world has a few less."""
        match = re.fullmatch(r"(\d+)([KM]?)", self.text.upper())
        if match is None or not int(match[1]):
            raise ValueError(f"a size is a number of rows such as 500K, 1M or 93M, not {self.text!r}")
        return int(match[1]) * _UNITS[match[2]]

    @property
    def customers(self) -> int:
        """Each has three services, on every day of the month."""
        return max(self.rows // (DAYS * SERVICES_OF_A_CUSTOMER), 20)

    @property
    def msps(self) -> int:
        """Of very different size: the first has about a hundredth of all customers where there are 10,000 MSPs."""
        return min(max(self.customers // 100, 10), 10_000)


@dataclass
class World:
    """One home with its database; `took` remembers what was measured on the way, for the figures that come later."""

    size: Size
    home: Path
    database: str
    compared: bool = True
    """Whether PostgreSQL will get the same month."""
    environment: dict[str, str] = field(init=False)
    took: dict[str, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.environment = {"TRUEUP_HOME": str(self.home), "TRUEUP_DATABASE_URL": self.database, "TRUEUP_LEDGER_URL": ""}

    def run(self, module: str, function: str, **arguments: Any) -> Answer:
        """A step in this world."""
        return run(self.environment, module, function, **arguments)

    def once(self, module: str, function: str, **arguments: Any) -> Answer:
        """A step whose effect stays: done when it is first asked for."""
        name = f"{module}.{function}"
        if name not in self.took:
            self.took[name] = self.run(module, function, **arguments)
        return self.took[name]

    def filled(self) -> "World":
        """The world with its network and the files of its month, but an empty ledger."""
        self.once("network", "build", **self.shape)
        self.once("deliveries", "write", folder=str(self.files), **self.shape, with_rows=self.compared)
        return self

    def imported(self) -> "World":
        """The month in the ledger, as it was delivered."""
        self.filled().once("ingestion", "take_in", folder=str(self.files))
        return self

    def compacted(self) -> "World":
        """The month in the ledger, every day one clean file."""
        self.imported().once("ingestion", "compact_month")
        return self

    @property
    def shape(self) -> dict[str, int]:
        """What the steps that make data need to know."""
        return {"customers": self.size.customers, "msps": self.size.msps}

    @property
    def files(self) -> Path:
        """The folder of the deliveries."""
        return self.home / "deliveries"
