"""Billing details: what statements say of an account beyond its name."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router

from trueup.accounts.rules import Scope
from trueup.api import problems, versions
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.statement_shapes import BillingDetails, BillingDetailsIn, details_shown
from trueup.api.parameters import Ref
from trueup.api.schemas import REFUSALS, WRITES
from trueup.kit.errors import NotAllowed, Stale
from trueup.kit.text import text
from trueup.statements.actions import save_details
from trueup.statements.queries import billing_details

router = Router()
_ADDRESS: Final = "/billing-details/{account}"


@router.get(
    _ADDRESS, response={200: BillingDetails, **REFUSALS}, auth=Allowed(Scope.STATEMENTS_READ), operation_id="get_billing_details",
    summary="Billing details",
)  # fmt: skip
def get_billing_details(request: HttpRequest, response: HttpResponse, account: Ref) -> Any:
    """What statements say of your account. Of others, you find it on the statements you share with them: 403."""
    return _show(request, response, account)


@router.put(
    _ADDRESS, response={200: BillingDetails, **WRITES}, auth=Allowed(Scope.PRICES_WRITE), operation_id="put_billing_details",
    summary="Save billing details",
)  # fmt: skip
def put_billing_details(request: HttpRequest, response: HttpResponse, account: Ref, body: BillingDetailsIn) -> Any:
    """Make them as they are sent, as a whole. Before the first time the ETag is empty: `If-Match: ""`. For the account's own people.

    422 names everything that is wrong by its path, like `/iban`. Statements that were issued stay as they are.
    """
    asked: Asked = request  # type: ignore[assignment]
    seen = versions.seen(request)
    try:
        save_details(asked.caller.viewer, account, body.model_dump(exclude_unset=True), seen=seen, now=asked.now)
    except Stale as error:
        current = BillingDetails.model_validate(_show(request, response, account)).model_dump(mode="json")
        return problems.problem(412, "stale", error.message, headers={"ETag": response["ETag"]}, members={"current": current})
    return _show(request, response, account)


def _show(request: HttpRequest, response: HttpResponse, account: str) -> dict[str, Any]:
    """They as they are now, with their ETag. Raises NotFound; NotAllowed for those of another account."""
    asked: Asked = request  # type: ignore[assignment]
    details, version = billing_details(asked.caller.viewer, account)
    if account != asked.caller.account_ref:
        raise NotAllowed(text("the billing details of “{ref}” are its own", ref=account))
    response["ETag"] = versions.tag(version)
    return details_shown(account, details, version)
