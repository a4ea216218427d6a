"""Who is calling, as the API understands it: the first thing to ask with a new token."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from trueup.accounts.rules import Right, Scope, Tier
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.schemas import REFUSALS

router = Router()


class Me(Schema):
    """The caller."""

    kind: Literal["client", "person"] = Field(description="`client`: a program; `person`: somebody by their command line.")
    name: str = Field(description="The name of the program, the e-mail address of the person.")
    account: str = Field(description="The ref of the account they act for.")
    tier: Tier = Field(description="Where that account stands in the channel.")
    scopes: list[str] = Field(description="The scopes of the token, as far as they hold today.")
    rights: list[Right] = Field(description="What these scopes let them do in that account.")


@router.get("/me", response={200: Me, **REFUSALS}, auth=Allowed(*Scope), operation_id="me", summary="Who you are")
def me(request: HttpRequest) -> Any:
    """The account you act for, the scopes of your token, and the rights they leave you."""
    asked: Asked = request  # type: ignore[assignment]
    viewer = asked.caller.viewer
    return {
        "kind": viewer.actor.kind,
        "name": viewer.actor.name,
        "account": asked.caller.account_ref,
        "tier": viewer.tier,
        "scopes": sorted(asked.caller.scopes),
        "rights": [right for right in Right if viewer.may(right)],
    }
