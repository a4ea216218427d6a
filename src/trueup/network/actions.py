"""The verbs of the network: the whole of it by a file, customers by a CSV, and one entry at a time.

Each is one transaction that does everything or nothing.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import transaction

from trueup.accounts.models import ApiClient, Installation, Member, User
from trueup.accounts.queries import account, installation, mark_of
from trueup.accounts.rules import Actor, Right, Role, Scope, Tier, Viewer
from trueup.events.recording import Change, Happening, record, record_all
from trueup.events.rules import Plain
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, Stale
from trueup.kit.period import local_date
from trueup.kit.progress import Progress, Silence
from trueup.kit.text import plural, text
from trueup.network import document, editing, keys
from trueup.network.customers import merging, reaching, staging
from trueup.network.customers.result import CustomersResult
from trueup.network.rules.editing import NEW, Entry, client_mark, entry_named
from trueup.network.rules.granting import require_secret, wrong_scopes
from trueup.network.rules.history import happenings
from trueup.network.rules.meaning import understand
from trueup.network.rules.plan import Plan, compare, reason_to_stay, removal
from trueup.network.rules.reach import Reach
from trueup.network.rules.secrets import check_overlap
from trueup.network.rules.tree import KINDS, SECTIONS, Raw, State, Wrong, name_of
from trueup.network.tables.reading import in_use, present, ref_of
from trueup.network.tables.recording import APPLIED, CHANGED, record_steps
from trueup.network.tables.writing import write

__all__ = [
    "NEW", "CustomersResult", "Plan", "accept_invitation", "apply", "change", "change_client", "create_client", "import_customers",
    "invite", "remove", "revoke_client", "rotate_client",
]  # fmt: skip


def apply(viewer: Viewer, yaml_text: str, *, file_name: str, dry_run: bool, now: datetime) -> Plan:
    """Make the network as the file says, or with `dry_run` only say what that would change.

    `yaml_text` is the file, `file_name` what the messages call it. Entries that are not in the file are removed where that is safe;
    sections that are not in the file, and customers, are left alone. The same file a second time changes nothing.
    Raises Invalid with every problem and its line, NotAllowed for anybody but the operator.
    """
    _require_operator(viewer)
    read = document.read(yaml_text, file_name)
    wrong = document.wrong_shape(read.data)
    with transaction.atomic(durable=True):
        if not dry_run:
            _lock()
        before = present(_refs(read.data.get("accounts")))
        wanted, meant_wrong = understand(read.data, wrong, before)
        if wrong or meant_wrong:
            raise _invalid(read, [*wrong, *meant_wrong], file_name)
        plan = compare(before, wanted, listed=_listed(read), in_use=in_use(before, wanted))
        if not dry_run:
            _do(plan, before, wanted, viewer, now, kind=APPLIED, note=file_name)
    return plan


def change(
    viewer: Viewer, section: str, entry: Mapping[str, Raw], *, now: datetime, dry_run: bool = False, seen: str | None = None
) -> Plan:
    """Add or change one entry, given as the network file has it; with `dry_run` only say what that would change.

    What is not said stays as it is; a field given as None goes back to what it is without being said. An effective-dated field
    (`placements`, `credits`, `measure`) given as one mapping with a `from` says the value of that day only, and one whose value is
    None takes that day away. New terms begin with what the account's terms said before them.

    `seen` is the fingerprint of the entry as it was shown: Conflict if it is another by now. NEW: there must be no such entry yet.
    Raises Invalid with the fields that are wrong (`where` is the field: `city`, `credits.per_unit`), NotFound for what the viewer
    does not see, NotAllowed without the right, Conflict if it cannot be done at present.
    """
    with transaction.atomic(durable=True):
        if not dry_run:
            _lock()
        edit = editing.find(viewer, section, dict(entry), now)
        edit.require(seen)
        plan = edit.plan()
        if not dry_run:
            _do(plan, edit.before, edit.wanted, viewer, now, kind=CHANGED)
    return plan


def remove(viewer: Viewer, section: str, key: Collection[str] | str, *, now: datetime, seen: str | None = None) -> Plan:
    """Remove one entry: a member (e-mail, account), terms (account, from) that are not yet in force, or an unused entry of a list (code).

    Raises NotFound, NotAllowed as `change` does, and Conflict with the reason where it has to stay.
    """
    whole = (key,) if isinstance(key, str) else tuple(key)
    with transaction.atomic(durable=True):
        _lock()
        edit = editing.find(viewer, section, entry_named(section, whole), now)
        if edit.here is None:
            raise NotFound(edit.missing)
        edit.require(seen)
        used = in_use(edit.before, {}) if section in {"regions", "account_types", "billing_units", "sources"} else {}
        reason = reason_to_stay(section, edit.key, used.get(section, ())) or edit.in_force()
        if reason:
            raise Conflict(text("{kind} {name} stays: {reason}", kind=KINDS[section], name=edit.name, reason=reason))
        plan = edit.without(removal(section, edit.key, edit.here))
        _do(plan, edit.before, {}, viewer, now, kind=CHANGED)
    return plan


def invite(viewer: Viewer, email: str, account_ref: str, role: Role, name: str, *, now: datetime) -> Plan:
    """Make somebody a member of an account; a person nobody knows yet is made, and can't sign in before setting a password.

    Raises as `change` does; Invalid at `email` for somebody who is a member already.
    """
    entry: Entry = {"email": email.strip(), "account": account_ref, "role": str(role)}
    if name.strip():
        entry["name"] = name.strip()
    return change(viewer, "members", entry, now=now, seen=NEW)


def create_client(
    viewer: Viewer, account_ref: str, name: str, scopes: Collection[Scope | str], *, client_id: str, now: datetime, secret: str = ""
) -> None:
    """Let a program act for an account within its scopes, and sign in with its secret; without one it cannot yet.

    Raises NotFound, NotAllowed as for members, Invalid for scopes that nobody in such an account has the right to, or that the viewer
    cannot give (rules/granting.py).
    """
    with transaction.atomic(durable=True):
        _lock()
        found = account(viewer, account_ref)
        _require_manager(viewer, account_ref, now)
        _check_client(name, scopes, wrong_scopes(viewer, found.pk, Tier(found.tier), scopes), text("the client was not created"))
        if ApiClient.objects.filter(client_id=client_id).exists():
            raise Conflict(text("there is a client “{client}” already", client=client_id))
        kept = sorted({str(scope) for scope in scopes})
        client = ApiClient.objects.create(
            account=found, client_id=client_id, name=name.strip(), scopes=kept, created_at=now, created_by=viewer.actor.name
        )
        if secret:
            keys.issue(client_id, client.name, kept, secret, now=now)
        _record_client("client_created", client, viewer, now, ("name", None, client.name), ("scopes", None, list(kept)))


def change_client(
    viewer: Viewer, client_id: str, *, name: str | None = None, scopes: Collection[Scope | str] | None = None, now: datetime,
    seen: str | None = None,
) -> None:  # fmt: skip
    """Give a program another name or other scopes; its tokens keep no scope that was taken away. None leaves them as they are.

    Raises as `create_client` does, for what the client does not have yet; Stale if it is no longer as it was `seen`; Conflict for one
    that was revoked.
    """
    with transaction.atomic(durable=True):
        client = _client(viewer, client_id, now)
        if seen is not None and seen != client_mark(client.name, client.scopes):
            raise Stale(text("the client “{client}” has changed since you saw it", client=client_id))
        _require_active(client)
        wanted_name = client.name if name is None else name.strip()
        wanted = list(client.scopes) if scopes is None else sorted({str(scope) for scope in scopes})
        tier = Tier(client.account.tier)
        wrong = wrong_scopes(viewer, client.account_id, tier, wanted, had=client.scopes)
        _check_client(wanted_name, wanted, wrong, text("the client was not changed"))
        changed: list[tuple[str, Plain, Plain]] = [("name", client.name, wanted_name), ("scopes", list(client.scopes), list(wanted))]
        if changed := [one for one in changed if one[1] != one[2]]:
            ApiClient.objects.filter(pk=client.pk).update(name=wanted_name, scopes=wanted)
            keys.change(client_id, wanted_name, wanted)
            _record_client("client_changed", client, viewer, now, *changed)


def rotate_client(viewer: Viewer, client_id: str, *, secret: str, overlap: timedelta, now: datetime) -> None:
    """Give a program a new secret. The one before works for `overlap` longer, 7 days at most; with none it and all tokens end at once.

    Raises NotFound, NotAllowed, also for a client that may do what the viewer could not have given it; Invalid for another overlap;
    Conflict for a client that was revoked.
    """
    check_overlap(overlap)
    until = (now + overlap).replace(microsecond=0) if overlap else None
    with transaction.atomic(durable=True):
        client = _client(viewer, client_id, now)
        _require_active(client)
        require_secret(viewer, client_id, client.account_id, client.scopes)
        if not keys.renew(client_id, secret, until):  # it was made without a secret
            keys.issue(client_id, client.name, client.scopes, secret, now=now)
        lasts = (until or now).isoformat()
        _record_client("client_rotated", client, viewer, now, ("older_secret_until", None, lasts))


def revoke_client(viewer: Viewer, client_id: str, *, now: datetime) -> None:
    """Take a program's access away, for good, with every token it holds. Raises NotFound, NotAllowed; Conflict if that has been done."""
    with transaction.atomic(durable=True):
        client = _client(viewer, client_id, now)
        _require_active(client)
        ApiClient.objects.filter(pk=client.pk).update(revoked_at=now)
        keys.forget(client_id)
        _record_client("client_revoked", client, viewer, now, ("revoked", False, True))


def _client(viewer: Viewer, client_id: str, now: datetime) -> ApiClient:
    """A client the viewer manages, for whoever is about to change it. Raises NotFound, NotAllowed."""
    _lock()
    client = ApiClient.objects.visible_to(viewer).select_related("account").filter(client_id=client_id).first()
    if client is None:
        raise NotFound(text("there is no client “{client}”", client=client_id))
    _require_manager(viewer, client.account.ref, now)
    return client


def _require_active(client: ApiClient) -> None:
    if client.revoked_at is not None:
        raise Conflict(text("the client “{client}” was revoked already", client=client.client_id))


def _record_client(kind: str, client: ApiClient, viewer: Viewer, now: datetime, *changed: tuple[str, Plain, Plain]) -> None:
    of = f"API client {client.client_id}"
    record(
        account_id=client.account_id, kind=kind, actor=viewer.actor, at=now, subject="account", subject_id=client.account_id,
        changes=[Change(field, before, after, of) for field, before, after in changed],
    )  # fmt: skip


def import_customers(viewer: Viewer, file: Path, *, dry_run: bool, now: datetime, progress: Progress | None) -> CustomersResult:
    """Add, rename and move customers as a CSV with the columns ref, name, msp, from says.

    A row says below which MSP a customer is from a day on (`from` empty: since ever); several rows of one ref are its history.
    What the file does not say stays: later placements too. If any row is bad nothing is done and the result lists all bad rows.
    An MSP the viewer does not see is one that does not exist; a ref that exists outside its subtree is one that is taken.
    Raises Invalid for a file that cannot be read at all, NotAllowed without the right to keep accounts.
    """
    viewer.require(Right.KEEP_ACCOUNTS, text("import customers"))
    told = progress or Silence()
    with staging.staged(file, told) as rows, transaction.atomic(durable=True):
        if not dry_run:
            _lock()
        staging.check(rows, viewer)
        if not viewer.sees_all:
            reaching.check(rows, viewer, _reach(viewer, now))
        refused = staging.refused(rows)
        if refused:
            return CustomersResult(refused=tuple(refused))
        return merging.merge(rows, viewer.actor, dry_run=dry_run, now=now, progress=told)


def _do(plan: Plan, before: State, wanted: State, viewer: Viewer, now: datetime, *, kind: str, note: str = "") -> None:
    """Write the steps, and record them."""
    if plan.doing:
        write(plan, before, wanted, invited_at=None if viewer.sees_all else now)
        record_steps(happenings(plan, before, wanted, now.date()), viewer.actor, now, note=note, kind=kind)


def _reach(viewer: Viewer, now: datetime) -> Reach:
    """How far a viewer reaches today, where the installation is."""
    return Reach.of(viewer, ref_of(viewer), local_date(now, installation().time_zone), present(())["accounts"])


def _require_manager(viewer: Viewer, ref: str, now: datetime) -> None:
    """API clients are managed by who manages members there."""
    viewer.require(Right.MANAGE_MEMBERS, text("manage API clients"))
    if not _reach(viewer, now).holds_today(ref):
        raise NotAllowed(text("“{ref}” is not below your account at present", ref=ref))


def _check_client(name: str, scopes: Collection[str], wrong: Collection[Problem], refusal: str) -> None:
    """Raise Invalid for a name that is none, no scopes at all, or scopes that are wrong."""
    problems = []
    if not name.strip() or len(name.strip()) > 200 or not name.isprintable():
        problems.append(Problem("name", text("a name has 1 to 200 characters"), "name", ("name",)))
    if not scopes:
        problems.append(Problem("scopes", text("choose what the client may do"), "missing", ("scopes",)))
    if problems or wrong:
        raise Invalid(refusal, [*problems, *wrong])


def accept_invitation(user_id: int, mark: str, *, name: str, password: str, now: datetime) -> None:
    """Give an invited person the name and the password they chose. `mark` is what the invitation holds (`accounts.queries.invited`).

    Whether the password is good enough, whoever calls has asked. Raises Conflict if the person chose one, or came in, before.
    """
    hashed = make_password(password)  # slow on purpose: not while others wait for the transaction
    with transaction.atomic(durable=True):
        user = User.objects.select_for_update().filter(pk=user_id, is_active=True).first()
        if user is None or user.has_signed_up or mark_of(user) != mark:
            raise Conflict(text("this invitation is no longer valid"))
        User.objects.filter(pk=user.pk).update(name=name, password=hashed)
        actor = Actor("person", user.email, user.pk)
        members = Member.objects.filter(user=user).order_by("account_id")
        record_all([Happening(one.account_id, INVITATION_ACCEPTED, actor, now, "member", one.pk) for one in members])


INVITATION_ACCEPTED = "invitation_accepted"


def _require_operator(viewer: Viewer) -> None:
    """The network is the whole installation's: nobody inside it may change all of it."""
    if not viewer.sees_all:
        raise NotAllowed(text("{who} may not apply a network file: only the operator of the installation may", who=viewer.actor.name))


def _lock() -> None:
    """One at a time: the next one waits here, and then sees what this one did. (On SQLite the transaction itself waits.)"""
    Installation.objects.bulk_create([Installation(id=1)], ignore_conflicts=True)
    Installation.objects.select_for_update().get(id=1)


def _refs(accounts: object) -> set[str]:
    listed = accounts if isinstance(accounts, list) else []
    return {entry["ref"] for entry in listed if isinstance(entry, dict) and isinstance(entry.get("ref"), str)}


def _listed(read: document.Document) -> set[str]:
    """The sections of the file. Who lists the services has named every unit that is needed."""
    listed = {section for section in SECTIONS if section in read.data}
    return listed | ({"billing_units"} if "services" in listed else set())


def _invalid(read: document.Document, wrong: list[Wrong], file_name: str) -> Invalid:
    """All that is wrong, in the order of the lines."""
    found = sorted(
        ((read.line_of(item.path), _sentence(read.data, item), item.code) for item in wrong), key=lambda item: (item[0], str(item[1]))
    )
    problems = [Problem(document.line_in(file_name, line), sentence, code) for line, sentence, code in found]
    many = plural(
        "{file} has {count} problem; nothing was changed", "{file} has {count} problems; nothing was changed", len(problems), file=file_name
    )
    return Invalid(many, problems)


def _sentence(data: dict[str, Raw], item: Wrong) -> str:
    """What is wrong, after the entry it is wrong in."""
    section = str(item.path[0]) if item.path else ""
    if section not in SECTIONS:
        return item.message
    entries = data.get(section)
    index = item.path[1] if len(item.path) > 1 else None
    entry = entries[index] if isinstance(entries, list) and isinstance(index, int) else None
    name = name_of(section, entry)
    place = f"{KINDS[section]} {name}" if name else f"{KINDS[section]} {index + 1}" if isinstance(index, int) else section
    return text("{entry}: {problem}", entry=place, problem=item.message)
