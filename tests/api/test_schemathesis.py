"""Every operation with what its description allows and with what it does not, by schemathesis with all its checks."""

import json
import os
from collections.abc import Iterator
from typing import Any, Final

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker
from schemathesis.config import SchemathesisConfig

from tests.api.conftest import token_for
from tests.web.month import standing
from trueup.api import openapi
from trueup.api.app import api

pytestmark = pytest.mark.django_db

EXAMPLES: Final = 3
"""Examples of each operation. With TRUEUP_THOROUGH=1 also those that cover its parameters one by one: hundreds, for minutes."""

REFUSED: Final = ["400", "401", "403", "404", "405", "406", "409", "411", "412", "413", "415", "422", "428"]
"""Which refusal comes first is not said: what is no body may be refused for its version too. And what a description cannot say, the
rules of the domain refuse: a name that is taken, a report that is not there."""

SCHEMA: Final = schemathesis.openapi.from_dict(
    json.loads(openapi.written(api)),
    config=SchemathesisConfig.from_dict(
        {
            "seed": 20261103,
            "generation": {"deterministic": True, "max-examples": EXAMPLES, "database": "none", "with-security-parameters": False},
            "phases": {"coverage": {"enabled": bool(os.environ.get("TRUEUP_THOROUGH")), "unexpected-methods": ["TRACE"]}},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ["2xx", *REFUSED]},
                "negative_data_rejection": {"expected-statuses": REFUSED},
                "missing_required_header": {"expected-statuses": REFUSED},
            },
        }
    ),
)
SCHEMA.app = WSGIHandler()


@pytest.fixture(scope="module")
def tokens(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A token of a distributor's program and one of an MSP's, in the month everybody knows."""
    everywhere = override_settings(TRUEUP_API_LIMIT=10**9, ALLOWED_HOSTS=["*"])
    with django_db_blocker.unblock(), everywhere, standing(tmp_path_factory.mktemp("autumn")):
        for signal in (request_started, request_finished):  # as the framework's own client does: the tests' connection stays
            signal.disconnect(close_old_connections)
        yield {account: token_for(account) for account in ("north", "bolt")}
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.mark.parametrize("account", ["north", "bolt"])
@SCHEMA.parametrize()
@settings(suppress_health_check=list(HealthCheck), deadline=None, derandomize=True, database=None, max_examples=EXAMPLES)
def test_finds_nothing(case: Any, account: str, tokens: dict[str, str]) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {tokens[account]}"})
