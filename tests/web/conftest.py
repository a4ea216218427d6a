"""The portal as people use it, without a browser: a signed-in client for each person of the world, and a clock that stands."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django import Settings

AsPerson = Callable[[str], Client]

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
"""When pages are opened, unless a test says otherwise: October is closed, its reports are due on 6 November."""


class Clock:
    """The portal's clock, which a test moves."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> Clock:
    """The time of every request."""
    standing = Clock(NOW)
    settings.TRUEUP_CLOCK = standing
    return standing


@pytest.fixture
def as_person(db: None) -> AsPerson:
    """Signs somebody in by their e-mail address."""

    def sign_in(email: str) -> Client:
        client = Client()
        client.force_login(get_user_model().objects.get(email=email), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in
