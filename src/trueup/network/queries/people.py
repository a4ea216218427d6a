"""Questions about people and programs in accounts."""

from datetime import date

from django.db.models import Q, QuerySet

from trueup.accounts import queries as tree
from trueup.accounts.models import Account, ApiClient, Member
from trueup.accounts.queries import Invited
from trueup.accounts.rules import Right, Role, Scope, Viewer, shows_invitation
from trueup.kit.errors import NotFound
from trueup.kit.text import text
from trueup.network.keys import older_until
from trueup.network.queries.shapes import ClientRow, MemberRow
from trueup.network.queries.sight import below_on, held, named
from trueup.network.rules.editing import fingerprint
from trueup.network.rules.plan import entry_name
from trueup.network.rules.tree import nothing_named


def members(viewer: Viewer, account_ref: str | None = None, *, on: date) -> tuple[MemberRow, ...]:
    """The members of an account; of the viewer's own if none is named (the operator's: everybody), by account and e-mail address.

    Of an account that has left the viewer's subtree there are none to see. Raises NotFound.
    """
    if account_ref is not None:
        return members_of(viewer, tree.account(viewer, account_ref), on)
    rows = Member.objects.visible_to(viewer)
    return _members(rows if viewer.account_id is None else rows.filter(account_id=viewer.account_id))


def members_after(
    viewer: Viewer, account_ref: str | None = None, *, search: str = "", after: tuple[str, str] | None = None, limit: int, on: date
) -> list[MemberRow]:  # fmt: skip
    """The members of the viewer's account and of all that are below it on a day, or of one of these, by account and e-mail address.

    At most `limit` after the place (ref, e-mail address); `search` looks in e-mail address and name. Raises NotFound.
    """
    rows = Member.objects.filter(held(viewer, on, "account"))
    if account_ref is not None:
        rows = rows.filter(account=tree.account(viewer, account_ref))
    if words := search.strip():
        rows = rows.filter(Q(user__email__icontains=words) | Q(user__name__icontains=words))
    if after is not None:
        rows = rows.filter(Q(account__ref__gt=after[0]) | Q(account__ref=after[0], user__email__gt=after[1]))
    return list(_members(rows, limit))


def member(viewer: Viewer, account_ref: str, email: str, *, on: date) -> MemberRow:
    """One member of an account that is the viewer's or below it on a day. Raises NotFound."""
    account = tree.account(viewer, account_ref)
    key = (email.strip().lower(), account_ref)
    found = _members(Member.objects.filter(held(viewer, on, "account"), account=account, user__email=key[0]))
    if not found:
        raise NotFound(nothing_named("members", entry_name("members", key)))
    return found[0]


def members_of(viewer: Viewer, account: Account, on: date) -> tuple[MemberRow, ...]:
    """The members of an account the viewer sees."""
    if account.pk not in below_on(viewer, [account.pk], on):
        return ()
    return _members(Member.objects.visible_to(viewer).filter(account=account))


def _members(rows: QuerySet[Member], limit: int | None = None) -> tuple[MemberRow, ...]:
    ordered = rows.select_related("user", "account").order_by("account__ref", "user__email")[:limit]
    return tuple(
        MemberRow(
            email=member.user.email,
            name=member.user.name,
            role=Role(member.role),
            account=named(member.account),
            signed_up=member.user.has_signed_up,
            active=member.user.is_active,
            fingerprint=fingerprint({"role": member.role, "name": member.user.name}),
        )
        for member in ordered
    )


def shows_link(viewer: Viewer, person: Invited, *, on: date) -> bool:
    """Whether a viewer who invited a person may see the link by which the person comes in (`accounts.rules.shows_invitation`)."""
    below = below_on(viewer, sorted(person.account_ids), on)
    return shows_invitation(signed_up=False, member_of=person.account_ids, below=below)


def clients(viewer: Viewer, account_ref: str | None = None) -> tuple[ClientRow, ...]:
    """The API clients of an account; of the viewer's own if none is named (the operator's: all). Revoked ones come last.

    Raises NotFound, and NotAllowed for who may not manage members.
    """
    rows = _clients(_clients_of(viewer, account_ref))
    return tuple(sorted(rows, key=lambda client: (client.revoked_at is not None, client.account.ref, client.created_at)))


def clients_after(viewer: Viewer, account_ref: str | None, after: str | None, most: int) -> tuple[ClientRow, ...]:
    """A part of the same, by id: those after an id, as many as `most`. Raises as `clients` does."""
    rows = _clients_of(viewer, account_ref).order_by("client_id")
    return _clients((rows if after is None else rows.filter(client_id__gt=after))[:most])


def client(viewer: Viewer, client_id: str) -> ClientRow:
    """One API client of the viewer's account or below it. Raises NotFound, and NotAllowed for who may not manage members."""
    viewer.require(Right.MANAGE_MEMBERS, _SEE_CLIENTS)
    found = _clients(ApiClient.objects.visible_to(viewer).select_related("account").filter(client_id=client_id))
    if not found:
        raise NotFound(text("there is no client “{client}”", client=client_id))
    return found[0]


_SEE_CLIENTS = text("see API clients")


def _clients_of(viewer: Viewer, account_ref: str | None) -> QuerySet[ApiClient]:
    viewer.require(Right.MANAGE_MEMBERS, _SEE_CLIENTS)
    rows = ApiClient.objects.visible_to(viewer).select_related("account")
    if account_ref is not None:
        return rows.filter(account=tree.account(viewer, account_ref))
    return rows if viewer.account_id is None else rows.filter(account_id=viewer.account_id)


def _clients(found: QuerySet[ApiClient]) -> tuple[ClientRow, ...]:
    rows = list(found)
    until = older_until([client.client_id for client in rows])
    return tuple(
        ClientRow(
            client_id=client.client_id,
            name=client.name,
            account=named(client.account),
            scopes=tuple(Scope(scope) for scope in client.scopes),
            created_at=client.created_at,
            created_by=client.created_by,
            revoked_at=client.revoked_at,
            last_used_at=client.last_used_at,
            older_secret_until=until.get(client.client_id),
        )
        for client in rows
    )
