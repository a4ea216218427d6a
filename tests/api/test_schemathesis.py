"""Every operation with what its description allows and with what it does not, by schemathesis with all its checks.

What is asked for is mostly there: of an address that names nothing every answer is 404, and nothing behind it would be tried.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import override_settings
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation

from tests.api.conftest import token_for
from tests.api.document import document
from tests.api.money import settle
from tests.api.operations import NOWHERE, OPERATIONS, OUTSIDE
from tests.api.operations_money import MONEY
from tests.web.month import Autumn, standing

pytestmark = pytest.mark.django_db

EXAMPLES: Final = 3
"""Examples of each operation. With TRUEUP_THOROUGH=1 also those that cover its parameters one by one: hundreds, for minutes."""

REFUSED: Final = ["400", "401", "403", "404", "405", "406", "409", "411", "412", "413", "415", "422", "428"]
"""What is not as described is refused; which refusal comes first is not said: what is no body may be refused for its version too."""

ACCEPTED: Final = ["2xx", "403", "404", "409", "412"]
"""What is as described is done, unless it is not there, not theirs, not in a state for it, or was changed meanwhile."""

BY_A_RULE: Final = (
    "approve_reports", "regenerate_cycle",
    "edit_report_lines", "submit_report", "reject_report", "waive_penalty", "put_account", "change_account", "put_placements",
    "import_customers", "put_service", "change_service", "put_solution_group", "change_solution_group", "put_source", "change_source",
    "put_terms_entry", "put_member", "create_client", "list_usage", "map_name", "send_events", "send_event_batch",
    "put_mapping_profile", "create_webhook", "update_webhook",
    "put_price_list", "put_promo_code", "apply_prices", "edit_billing_report", "submit_billing_report", "list_billed",
    "list_review_figures", "put_billing_details",
)  # fmt: skip
"""Operations that also refuse (422) what a description cannot say: a name in a body that nobody knows, what does not go with the rest."""

OF_A_PROFILE: Final = [*ACCEPTED, "415", "422"]
"""With a mapping profile no other form than CSV is read, which a description cannot say."""

SCHEMA: Final = schemathesis.openapi.from_dict(
    document(),
    config=SchemathesisConfig.from_dict(
        {
            "seed": 20261103,
            "generation": {"deterministic": True, "max-examples": EXAMPLES, "database": "none", "with-security-parameters": False},
            "phases": {"coverage": {"enabled": bool(os.environ.get("TRUEUP_THOROUGH")), "unexpected-methods": ["TRACE"]}},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ACCEPTED},
                "negative_data_rejection": {"expected-statuses": REFUSED},
                "missing_required_header": {"expected-statuses": REFUSED},
            },
            "operations": [
                {"include-operation-id": name, "checks": {"positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "422"]}}}
                for name in BY_A_RULE
            ]
            + [{"include-operation-id": "send_usage", "checks": {"positive_data_acceptance": {"expected-statuses": OF_A_PROFILE}}}],
        }
    ),
)


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """The application; as a server does, it closes what it has read to the end."""
    answer = DJANGO(environ, start_response)
    try:
        return list(answer)
    finally:
        answer.close()


DJANGO: Final = WSGIHandler()
SCHEMA.app = application


@dataclass(frozen=True)
class World:
    """The month everybody knows, and a token of a distributor's program and one of an MSP's."""

    autumn: Autumn
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One month for all tests here: each takes back what it did."""
    everywhere = override_settings(TRUEUP_API_LIMIT=10**9, ALLOWED_HOSTS=["*"])
    with django_db_blocker.unblock(), everywhere, standing(tmp_path_factory.mktemp("autumn")) as autumn:
        settle()
        for signal in (request_started, request_finished):  # as the framework's own client does: the tests' connection stays
            signal.disconnect(close_old_connections)
        yield World(autumn, {account: token_for(account) for account in ("north", "bolt")})
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


PLACES: Final = {operation.name: (operation.at, [of for of in operation.said if of != NOWHERE]) for operation in (*OPERATIONS, *MONEY)}
"""Of each operation the parts of its path, and whose things there are."""


def ask_for_what_is_there(case: Any, name: str, autumn: Autumn) -> None:
    """Put names that exist into an address that is as described, and leave out what would be refused before anything is looked at."""
    if is_as_described(case, ParameterLocation.QUERY):
        case.query.pop("cursor", None)
    if is_as_described(case, ParameterLocation.HEADER):
        for said in ("TrueUp-Account", "Idempotency-Key", "Content-Encoding"):  # nothing is packed here, nor asked for twice
            case.headers.pop(said, None)
        if case.method == "PUT" and ("If-Match" in case.headers or "If-None-Match" not in case.headers):
            case.headers.pop("If-None-Match", None)  # exactly one of them is asked for, which a description cannot say
            case.headers["If-Match"] = "*"
    at, things = PLACES[name]
    if things and is_as_described(case, ParameterLocation.PATH):
        which = crc32(repr(sorted(case.path_parameters.items())).encode()) % len(things)
        case.path_parameters = at(autumn, things[which])


def is_as_described(case: Any, location: ParameterLocation) -> bool:
    """Whether a part of a request is what it should be."""
    part = case.meta.components.get(location)
    return part is None or bool(part.mode.is_positive)


@pytest.mark.filterwarnings("ignore:Skipped test cases")  # of Parquet and NDJSON, which no schema describes
@pytest.mark.parametrize("account", ["north", "bolt"])
@SCHEMA.parametrize()
@settings(suppress_health_check=list(HealthCheck), deadline=None, derandomize=True, database=None, max_examples=EXAMPLES)
def test_finds_nothing(case: Any, account: str, world: World) -> None:
    name = case.operation.definition.raw["operationId"]
    ask_for_what_is_there(case, name, world.autumn)
    before = transaction.savepoint()
    try:
        case.call_and_validate(headers={"Authorization": f"Bearer {world.tokens[account]}"})
    finally:
        if name not in OUTSIDE:
            transaction.savepoint_rollback(before)
