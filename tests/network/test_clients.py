"""API clients: who may make them, what they may do, and that they can be taken away."""

from datetime import UTC, datetime

import pytest

from trueup.accounts.models import ApiClient
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import RIGHTS, SCOPE_RIGHTS, Scope, Tier, Viewer, scopes_of
from trueup.events.models import Event
from trueup.events.queries import audit
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from trueup.network.actions import create_client, revoke_client
from trueup.network.queries import clients

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)


def admin() -> Viewer:
    return viewers_of("admin@bolt.example")[0]


@pytest.mark.django_db
class TestClient:
    def test_is_made_and_revoked_by_an_admin(self, world: None) -> None:
        create_client(admin(), "bolt", " RMM ", [Scope.USAGE_WRITE, Scope.USAGE_READ], client_id="rmm", now=NOW)
        (client,) = clients(admin())
        assert (client.client_id, client.name, client.account.ref) == ("rmm", "RMM", "bolt")
        assert (client.scopes, client.created_by, client.revoked_at) == ((Scope.USAGE_READ, Scope.USAGE_WRITE), "admin@bolt.example", None)
        revoke_client(admin(), "rmm", now=NOW)
        assert clients(admin(), "bolt")[0].revoked_at == NOW
        with pytest.raises(Conflict, match="revoked already"):
            revoke_client(admin(), "rmm", now=NOW)
        told = Event.objects.order_by("-id")[:2]
        assert [(event.kind, event.actor_name) for event in told] == [
            ("client_revoked", "admin@bolt.example"), ("client_created", "admin@bolt.example"),
        ]  # fmt: skip
        assert audit().findings == ()

    @pytest.mark.parametrize("email", ["billing@bolt.example", "viewer@bolt.example", "north@north.example"])
    def test_is_nothing_for_who_may_not_manage_members(self, world: None, email: str) -> None:
        viewer = viewers_of(email)[0]
        create_client(admin(), "bolt", "RMM", [Scope.USAGE_WRITE], client_id="rmm", now=NOW)
        with pytest.raises(NotAllowed):
            clients(viewer)
        with pytest.raises(NotAllowed):
            create_client(viewer, "bolt", "x", [Scope.USAGE_WRITE], client_id="x", now=NOW)
        with pytest.raises(NotFound):
            revoke_client(viewer, "rmm", now=NOW)
        assert not ApiClient.objects.visible_to(viewer).exists()

    def test_of_another_account_does_not_exist(self, world: None) -> None:
        create_client(Viewer.system(), "coil", "RMM", [Scope.USAGE_WRITE], client_id="rmm", now=NOW)
        assert clients(admin()) == ()
        assert len(clients(Viewer.system())) == 1
        for attempt in (
            lambda: clients(admin(), "coil"),
            lambda: revoke_client(admin(), "rmm", now=NOW),
            lambda: create_client(admin(), "coil", "x", [Scope.USAGE_WRITE], client_id="x", now=NOW),
        ):
            with pytest.raises(NotFound):
                attempt()

    def test_never_gets_what_nobody_in_its_account_may_do(self, world: None) -> None:
        with pytest.raises(Invalid) as refused:
            create_client(admin(), "bolt", "", [Scope.REPORTS_REVIEW, "all"], client_id="x", now=NOW)
        assert [str(problem) for problem in refused.value.problems] == [
            "name: a name has 1 to 200 characters",
            "scopes: “all” can't be given to a client of this account",
            "scopes: “reports:review” can't be given to a client of this account",
        ]
        with pytest.raises(Invalid):
            create_client(admin(), "bolt", "x", [], client_id="x", now=NOW)

    def test_has_an_id_of_its_own(self, world: None) -> None:
        create_client(admin(), "bolt", "RMM", [Scope.USAGE_WRITE], client_id="rmm", now=NOW)
        with pytest.raises(Conflict):
            create_client(admin(), "bolt", "RMM", [Scope.USAGE_WRITE], client_id="rmm", now=NOW)


class TestScope:
    def test_is_part_of_a_right(self) -> None:
        assert set(SCOPE_RIGHTS) == set(Scope)

    @pytest.mark.parametrize("tier", Tier)
    def test_can_be_given_where_some_role_has_the_right(self, tier: Tier) -> None:
        assert set(scopes_of(tier)) == {scope for scope in Scope if any(RIGHTS[right].get(tier) for right in SCOPE_RIGHTS[scope])}

    def test_is_never_a_customers(self) -> None:
        assert scopes_of(Tier.CUSTOMER) == ()
        assert Scope.REPORTS_REVIEW in scopes_of(Tier.DISTRIBUTOR)
