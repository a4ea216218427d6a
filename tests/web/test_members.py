"""Members and API clients in the portal: invited, changed, removed; made, replaced, revoked."""

import re

import pytest
from allauth.idp.oidc.models import Client as Program
from django.core import mail

from tests.web.conftest import NOW, AsPerson
from tests.web.sending import page, seen_in, sent
from trueup.accounts.models import ApiClient, Member
from trueup.accounts.rules import Viewer
from trueup.network import actions
from trueup.notifications.models import Delivery

pytestmark = pytest.mark.usefixtures("world")

ADMIN = "admin@bolt.example"
OF = "?email={}&account=bolt"
NEW = {"email": "new@bolt.example", "name": "Nele New", "role": "viewer", "seen": ""}


class TestMembers:
    def test_are_listed_and_searched(self, as_person: AsPerson) -> None:
        client = as_person("viewer@bolt.example")
        assert "Bella Bolt" in page(client, "/settings/members/")
        assert "Bella Bolt" not in page(client, "/settings/members/?search=admin")
        assert "Invite somebody" not in page(client, "/settings/members/")

    def test_of_partners_are_seen_from_above(self, as_person: AsPerson) -> None:
        client = as_person("north@north.example")
        assert "Bella Bolt" in page(client, "/settings/members/?account=bolt")
        page(client, "/settings/members/?account=dune", 404)

    def test_are_invited_with_a_link_that_is_shown_once_and_sent(self, as_person: AsPerson) -> None:
        client = as_person(ADMIN)
        shown = sent(client, "/settings/members/invite/", NEW, 200)
        link = re.search(r'id="invitation-link" value="([^"]+)"', shown)
        assert link is not None
        delivery = Delivery.objects.get(address="new@bolt.example")
        assert delivery.details["link"] == link.group(1)
        assert mail.outbox == []  # the clock sends it
        assert link.group(1) not in page(client, "/settings/members/")
        assert "Invited" in page(client, "/settings/members/")

    def test_that_are_there_already_are_refused_beside_the_address(self, as_person: AsPerson) -> None:
        shown = sent(as_person(ADMIN), "/settings/members/invite/", NEW | {"email": "billing@bolt.example"}, 400)
        assert "is a member of “bolt” already" in shown.split("id_email_error")[-1]
        assert not Delivery.objects.exists()

    def test_need_an_address_that_is_one(self, as_person: AsPerson) -> None:
        shown = sent(as_person(ADMIN), "/settings/members/invite/", NEW | {"email": "nobody"}, 400)
        assert "id_email_error" in shown

    def test_are_sent_another_link(self, as_person: AsPerson) -> None:
        client = as_person(ADMIN)
        sent(client, "/settings/members/invite/", NEW, 200)
        sent(client, "/settings/members/invite-again/" + OF.format("new@bolt.example"), {}, 200)
        assert Delivery.objects.filter(address="new@bolt.example").count() == 2

    def test_get_another_role(self, as_person: AsPerson) -> None:
        client = as_person(ADMIN)
        address = "/settings/members/edit/" + OF.format("billing@bolt.example")
        sent(client, address, {"role": "viewer", "name": "Bella", "seen": seen_in(page(client, address))}, 302)
        assert Member.objects.get(user__email="billing@bolt.example", account__ref="bolt").role == "viewer"

    def test_that_somebody_else_changed_show_what_is_there_now(self, as_person: AsPerson) -> None:
        client = as_person(ADMIN)
        address = "/settings/members/edit/" + OF.format("billing@bolt.example")
        seen = seen_in(page(client, address))
        actions.change(Viewer.system(), "members", {"email": "billing@bolt.example", "account": "bolt", "role": "admin"}, now=NOW)
        assert "now it is: Admin" in sent(client, address, {"role": "viewer", "name": "Bella Bolt", "seen": seen}, 409)

    def test_are_removed_after_a_question(self, as_person: AsPerson) -> None:
        client = as_person(ADMIN)
        address = "/settings/members/remove/" + OF.format("billing@bolt.example")
        assert "Remove billing@bolt.example?" in page(client, address)
        sent(client, address, {}, 302)
        assert not Member.objects.filter(user__email="billing@bolt.example").exists()

    def test_keep_their_last_admin(self, as_person: AsPerson) -> None:
        client = as_person(ADMIN)
        assert "is the last admin" in sent(client, "/settings/members/remove/" + OF.format(ADMIN), {}, 409)
        address = "/settings/members/edit/" + OF.format(ADMIN)
        shown = sent(client, address, {"role": "viewer", "seen": seen_in(page(client, address))}, 400)
        assert "is the last admin" in shown

    @pytest.mark.parametrize("verb", ["edit", "remove", "invite"])
    def test_are_managed_by_admins_alone(self, as_person: AsPerson, verb: str) -> None:
        client = as_person("billing@bolt.example")
        address = f"/settings/members/{verb}/" + OF.format(ADMIN)
        page(client, address, 403)
        sent(client, address, NEW, 403)
        assert as_person("billing@coil.example").get(address).status_code == 404


class TestApiClients:
    def make(self, as_person: AsPerson, name: str = "RMM feed") -> str:
        client = as_person(ADMIN)
        offered = re.search(r'name="offered" value="([^"]+)"', page(client, "/settings/clients/new/"))
        assert offered is not None
        data = {"offered": offered.group(1), "name": name, "scopes": ["usage:write", "reports:read"], "seen": ""}
        shown = sent(client, "/settings/clients/new/", data, 200)
        assert sent(client, "/settings/clients/new/", data, 302) == "/settings/clients/"
        return shown

    def test_show_their_secret_once(self, as_person: AsPerson) -> None:
        shown = self.make(as_person)
        found = ApiClient.objects.get()
        program = Program.objects.get(pk=found.client_id)
        secret = re.search(r'id="client-secret" value="([^"]+)"', shown.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))
        assert secret is not None
        assert program.check_secret(secret.group(1).replace("&#x27;", "'"))
        assert program.get_grant_types() == ["client_credentials"]
        assert program.get_scopes() == ["reports:read", "usage:write"]
        assert secret.group(1) not in page(as_person(ADMIN), "/settings/clients/")

    def test_can_do_nothing_that_nobody_there_may_do(self, as_person: AsPerson) -> None:
        assert "reports:review" not in page(as_person(ADMIN), "/settings/clients/new/")

    def test_need_a_name_and_something_to_do(self, as_person: AsPerson) -> None:
        shown = sent(as_person(ADMIN), "/settings/clients/new/", {"offered": "x", "name": "", "seen": ""}, 400)
        assert "id_name_error" in shown
        assert "id_scopes_error" in shown

    def test_with_a_form_of_somebodys_own_are_refused(self, as_person: AsPerson) -> None:
        sent(as_person(ADMIN), "/settings/clients/new/", {"offered": "mine", "name": "x", "scopes": ["reports:read"], "seen": ""}, 400)
        assert not ApiClient.objects.exists()

    def test_are_replaced_beside_the_old_one(self, as_person: AsPerson) -> None:
        self.make(as_person)
        address = f"/settings/clients/{ApiClient.objects.get().client_id}/replace/"
        shown = page(as_person(ADMIN), address)
        assert 'value="RMM feed"' in shown
        assert shown.count("checked") == 2

    def test_are_revoked_after_a_question_with_all_they_hold(self, as_person: AsPerson) -> None:
        self.make(as_person)
        client = as_person(ADMIN)
        address = f"/settings/clients/{ApiClient.objects.get().client_id}/revoke/"
        assert "Revoke “RMM feed”?" in page(client, address)
        sent(client, address, {}, 302)
        assert not Program.objects.exists()
        assert "Revoked" in page(client, "/settings/clients/")
        sent(client, address, {}, 409)

    def test_are_for_admins_alone_and_a_strangers_does_not_exist(self, as_person: AsPerson) -> None:
        self.make(as_person)
        found = ApiClient.objects.get().client_id
        page(as_person("billing@bolt.example"), "/settings/clients/", 403)
        actions.change(Viewer.system(), "members", {"email": "admin@coil.example", "account": "coil", "role": "admin"}, now=NOW)
        page(as_person("admin@coil.example"), f"/settings/clients/{found}/revoke/", 404)
