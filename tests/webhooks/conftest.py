"""October in the world everybody knows, programs that listen, and the clock's part in calling them."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.reports.month import CLOSING, OPERATOR, October, at, at_times
from tests.webhooks.receiver import Receiver, receiving
from tests.world import FILE_NAME, NETWORK
from trueup.accounts.models import Account
from trueup.accounts.rules import Actor, Role, Tier, Viewer
from trueup.network.actions import apply
from trueup.webhooks.actions import Made, Wanted, create
from trueup.webhooks.gathering import gather_all
from trueup.webhooks.sending import send_due

MADE_AT = "2026-10-01T00:00:00Z"


def admin(ref: str) -> Viewer:
    """An admin of an account, which the world has not of every one."""
    account = Account.objects.get(ref=ref)
    return Viewer(Actor("person", f"admin@{ref}.example", 1), account.pk, Tier(account.tier), Role.ADMIN)


def listen(ref: str, url: str, *types: str, now: str = MADE_AT) -> Made:
    """An endpoint of an account."""
    return create(admin(ref), Wanted(url, types), now=at(now))


class Hooks:
    """What the clock does."""

    def gather(self, now: str = CLOSING) -> int:
        """Read the histories on."""
        return gather_all(now=at(now))

    def send(self, now: str = CLOSING) -> int:
        """Send what is due."""
        return send_due(now=at(now))

    def go(self, now: str | datetime = CLOSING) -> int:
        """Both."""
        moment = at(now) if isinstance(now, str) else now
        gather_all(now=moment)
        return send_due(now=moment)


@pytest.fixture
def hooks() -> Hooks:
    """The clock's part."""
    return Hooks()


@pytest.fixture
def private(settings: Settings) -> None:
    """The operator allows calls to its own network, as every test does that has a receiver."""
    settings.TRUEUP_WEBHOOKS_PRIVATE = True
    settings.TRUEUP_URL = "https://portal.example"


@pytest.fixture
def receiver(private: None) -> Iterator[Receiver]:
    """A program that is called."""
    with receiving() as one:
        yield one


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path) -> October:
    """The world in October 2026, nothing delivered yet."""
    return world_of(tmp_path)


def world_of(folder: Path) -> October:
    """The world, in whatever transaction there is."""
    apply(OPERATOR, NETWORK, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
    return October(folder)


def closed(october: October) -> None:
    """bolt, coil and dune have a report of October."""
    october.deliver(
        *at_times("bolt-dental", "endpoint-core", "50", "30"),
        *at_times("coil-bakery", "endpoint-core", "7", "7"),
        *at_times("dune-hotel", "endpoint-core", "8", "8"),
    )
    october.close()
