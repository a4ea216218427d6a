"""Members: who may sign in for an account, and what they may do there."""

from typing import Annotated, Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status
from pydantic import Field as Checked

from trueup.accounts.queries import account
from trueup.accounts.rules import Right, Role, Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints import network_writing as writing
from trueup.api.endpoints.network_shapes import Named, RefAsked, Search, Taken, Version, all_of, known_as, today
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Ref
from trueup.api.schemas import CHANGES, REFUSALS, WRITES
from trueup.kit.errors import Invalid, Problem
from trueup.kit.text import text
from trueup.network import invitations, queries
from trueup.network.queries import MemberRow
from trueup.notifications.actions import tell_invited

router = Router(by_alias=True)
READ: Final = Allowed(Scope.NETWORK_READ)
WRITE: Final = Allowed(Scope.MEMBERS_WRITE)


class Member(Schema):
    """A person in an account."""

    email: str = Field(description="By which they are known, in lower case.")
    name: str = Field(description="What they are called; empty if nothing is said.")
    role: Role = Field(description="What they may do in the account.")
    account: Named = Field(description="Where they are a member.")
    signed_up: bool = Field(description="Whether they have come in, or have chosen a password.")
    active: bool = Field(description="false: they cannot sign in anywhere.")
    version: Version


class MemberIn(Taken):
    """What a person is in an account. A person has one name everywhere: who does not see all their accounts does not change it."""

    role: Annotated[Role, Checked(strict=False)] = Checked(
        description="`admin`: everything, also members; `billing_manager`: the work of the month; `viewer`: reads."
    )
    name: str | None = Checked(default=None, description="Left out, it stays as it is.")


def _member(row: MemberRow) -> dict[str, Any]:
    return {
        "email": row.email,
        "name": row.name,
        "role": row.role,
        "account": known_as(row.account),
        "signed_up": row.signed_up,
        "active": row.active,
        "version": row.fingerprint,
    }


def _read(request: Asked, key: writing.Key) -> MemberRow:
    return queries.member(request.caller.viewer, key[1], key[0], on=today(request))


MEMBER: Final = writing.Kind("members", Member, _read, _member, {"email": "email", "account": "ref"})
_ADDRESS: Final = "/accounts/{ref}/members/{email}"


@router.get("/members", response={200: Listed[Member], **REFUSALS}, auth=READ, operation_id="list_members", summary="Members")
def list_members(  # noqa: PLR0917 -- what a query can say
    request: HttpRequest, response: HttpResponse,
    account: Annotated[RefAsked | None, Field(description="Only members of this account (a ref).")] = None, search: Search = "",
    limit: Limit = USUAL, cursor: Cursor = None,
) -> Any:  # fmt: skip
    """The members of your account and of those below it today, or of one of these, by account and e-mail address."""
    asked: Asked = request  # type: ignore[assignment]
    after: Any = unpacked(cursor, str, str)
    rows = queries.members_after(asked.caller.viewer, account, search=search, after=after, limit=limit + 1, on=today(request))
    return paging.page(request, response, rows, limit, shown=_member, place=lambda row: (row.account.ref, row.email))


@router.get(_ADDRESS, response={200: Member, **REFUSALS}, auth=READ, operation_id="get_member", summary="A member")
def get_member(request: HttpRequest, response: HttpResponse, ref: Ref, email: Ref) -> Any:
    """One member of an account."""
    return writing.show(MEMBER, request, response, (email, ref))


@router.put(
    _ADDRESS, response={200: Member, 201: Member, **WRITES}, auth=WRITE, operation_id="put_member", summary="Add or change a member"
)  # fmt: skip
def put_member(request: HttpRequest, response: HttpResponse, ref: Ref, email: Ref, body: MemberIn) -> Any:
    """Make somebody a member (`If-None-Match: *`): they are sent an e-mail with a link. Or change what a member is (`If-Match`).

    Whoever does not know whether the e-mail is on its way, because the answer was lost, has it sent again: `POST …/invitation`.
    """
    if "If-Match" not in request.headers:
        _require_address(email)
    answer = writing.put(MEMBER, request, response, (email, ref), all_of(body))
    if isinstance(answer, Status) and answer.status_code == 201:
        _tell(request, answer.value, ref)
    return answer


@router.delete(_ADDRESS, response={204: None, **WRITES}, auth=WRITE, operation_id="delete_member", summary="Remove a member")
def delete_member(request: HttpRequest, ref: Ref, email: Ref) -> Any:
    """Take somebody out of an account."""
    return writing.remove(MEMBER, request, (email, ref))


@router.post(
    f"{_ADDRESS}/invitation", response={202: Member, **CHANGES}, auth=WRITE, operation_id="invite_member", summary="Send the link again"
)  # fmt: skip
def invite_member(request: HttpRequest, response: HttpResponse, ref: Ref, email: Ref) -> Any:
    """Send a member the e-mail of the invitation again, with a new link. It lasts seven days; those sent before go on working as long.

    Who has come in already is sent the address of the portal. The link is in the e-mail only.
    """
    asked: Asked = request  # type: ignore[assignment]
    asked.caller.viewer.require(Right.MANAGE_MEMBERS, text("manage members"))
    member = writing.show(MEMBER, request, response, (email, ref))
    _require_address(member["email"])
    _tell(request, member, ref)
    response["Location"] = request.path.removesuffix("/invitation")
    return Status(202, member)


def _require_address(email: str) -> None:
    """Who is invited is sent an e-mail. Raises Invalid for what is no address."""
    try:
        validate_email(email.strip())
    except ValidationError:
        wrong = Problem("email", text("“{address}” is not an e-mail address", address=email), "wrong_pattern", ("path", "email"))
        raise Invalid(wrong.message, [wrong]) from None


def _tell(request: HttpRequest, member: dict[str, Any], ref: str) -> None:
    """Send the link of the invitation."""
    asked: Asked = request  # type: ignore[assignment]
    of = account(asked.caller.viewer, ref)
    tell_invited(
        member["email"], member["name"], account_name=of.name, inviter=asked.caller.viewer.actor.name,
        link=invitations.link_for(member["email"], asked.now), now=asked.now, account_id=of.pk,
    )  # fmt: skip
