"""Members and API clients in the portal: invited, changed, removed; made, rotated, revoked."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from allauth.idp.oidc.models import Client as Program
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client

from tests.web.conftest import NOW, AsPerson, Clock
from tests.web.sending import page, seen_in, sent
from trueup.accounts.models import Account, ApiClient, Member
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.network import actions
from trueup.network.invitations import link_for
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

    def test_are_invited_with_a_link_that_is_shown_once_and_another_that_is_sent(self, as_person: AsPerson) -> None:
        client = as_person(ADMIN)
        link = link_in(sent(client, "/settings/members/invite/", NEW, 200))
        mailed = Delivery.objects.get(address="new@bolt.example").details["link"]
        assert mail.outbox == []  # the clock sends it
        assert link not in page(client, "/settings/members/")
        for one in (link, mailed):
            assert "new@bolt.example" in page(Client(), path_of(one))
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


PERSON = "vera@north.example"


class TestLinks:
    """A link opens all a person is a member of: only who could give all of it is shown one."""

    def invite(self, as_person: AsPerson, by: str, account: str, email: str = PERSON) -> str:
        return sent(as_person(by), f"/settings/members/invite/?account={account}", NEW | {"email": email}, 200)

    def member(self, email: str, account: str) -> None:
        actions.change(Viewer.system(), "members", {"email": email, "account": account, "role": "billing_manager"}, now=NOW)

    def mailed(self) -> str:
        return str(Delivery.objects.latest("pk").details["link"])

    @pytest.mark.parametrize("account", ["north", "coil", "acme-vendor"])
    def test_of_a_person_of_other_accounts_are_mailed_only(self, as_person: AsPerson, account: str) -> None:
        self.member(PERSON, account)
        shown = self.invite(as_person, ADMIN, "bolt")
        again = sent(as_person(ADMIN), f"/settings/members/invite-again/{OF.format(PERSON)}", {}, 200)
        for said in (shown, again):
            assert "/invitations/" not in said
            assert "An e-mail is on its way" in said
        assert "/invitations/" in self.mailed()

    def test_of_people_below_are_shown_above(self, as_person: AsPerson) -> None:
        self.member("boss@north.example", "north")
        actions.change(Viewer.system(), "members", {"email": "boss@north.example", "account": "north", "role": "admin"}, now=NOW)
        self.member(PERSON, "coil")
        assert link_in(self.invite(as_person, "boss@north.example", "bolt"))

    def test_of_who_comes_in_by_single_sign_on_are_there_for_nobody(self, as_person: AsPerson) -> None:
        self.member(PERSON, "bolt")
        before = link_for(PERSON, NOW)
        get_user_model().objects.filter(email=PERSON).update(last_login=NOW)
        assert "/invitations/" not in sent(as_person(ADMIN), f"/settings/members/invite-again/{OF.format(PERSON)}", {}, 200)
        assert self.mailed().endswith("/")
        assert "/invitations/" not in self.mailed()
        page(Client(), path_of(before), 404)
        assert "Invite vera@north.example again" not in page(as_person(ADMIN), "/settings/members/")

    def test_of_who_has_a_password_are_there_for_nobody(self, as_person: AsPerson) -> None:
        self.member(PERSON, "coil")
        user = get_user_model().objects.get(email=PERSON)
        user.set_password("x")
        user.save()
        assert "/invitations/" not in self.invite(as_person, ADMIN, "bolt")
        assert "/invitations/" not in self.mailed()

    def test_that_were_shown_do_not_open_what_the_person_gets_elsewhere(self, as_person: AsPerson) -> None:
        shown = link_in(self.invite(as_person, ADMIN, "bolt"))
        mailed = self.mailed()
        self.member(PERSON, "coil")
        page(Client(), path_of(shown), 404)
        page(Client(), path_of(mailed))


def link_in(shown: str) -> str:
    """The link a page shows to pass on."""
    found = re.search(r'id="invitation-link" value="([^"]+)"', shown)
    assert found is not None
    return found[1]


def path_of(link: str) -> str:
    """Where a link leads in the portal."""
    return urlsplit(link).path


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

    def rotate(self, as_person: AsPerson, overlap: str) -> str:
        """Rotate the one client; the page with its new secret."""
        address = f"/settings/clients/{ApiClient.objects.get().client_id}/rotate/"
        assert "Rotate the secret of “RMM feed”" in page(as_person(ADMIN), address)
        return sent(as_person(ADMIN), address, {"overlap": overlap}, 200)

    def secret(self, shown: str) -> str:
        found = re.search(r'id="client-secret" value="([^"]+)"', shown)
        assert found is not None
        return found[1]

    def test_get_a_new_secret_while_the_old_one_goes_on_working(self, as_person: AsPerson, clock: Clock) -> None:
        old = self.secret(self.make(as_person))
        shown = self.rotate(as_person, "24")
        assert "The old secret works until" in shown
        assert self.secret(shown) not in page(as_person(ADMIN), "/settings/clients/")
        assert "old secret works until" in page(as_person(ADMIN), "/settings/clients/")
        program = Program.objects.get()
        assert [program.check_secret(one) for one in (old, self.secret(shown), "")] == [True, True, False]
        clock.at += timedelta(hours=24)
        assert [program.check_secret(one) for one in (old, self.secret(shown))] == [False, True]
        assert "old secret works until" not in page(as_person(ADMIN), "/settings/clients/")

    def test_get_a_new_secret_and_lose_the_old_one(self, as_person: AsPerson) -> None:
        old = self.secret(self.make(as_person))
        shown = self.rotate(as_person, "0")
        assert "The old secret does not work any more." in shown
        assert [Program.objects.get().check_secret(one) for one in (old, self.secret(shown))] == [False, True]

    def test_get_no_overlap_that_is_not_offered(self, as_person: AsPerson) -> None:
        self.make(as_person)
        before = Program.objects.get().secret
        sent(as_person(ADMIN), f"/settings/clients/{ApiClient.objects.get().client_id}/rotate/", {"overlap": "9999"}, 400)
        assert Program.objects.get().secret == before

    def test_are_revoked_after_a_question_with_all_they_hold(self, as_person: AsPerson) -> None:
        self.make(as_person)
        client = as_person(ADMIN)
        address = f"/settings/clients/{ApiClient.objects.get().client_id}/revoke/"
        assert "Revoke “RMM feed”?" in page(client, address)
        sent(client, address, {}, 302)
        assert not Program.objects.exists()
        assert "Revoked" in page(client, "/settings/clients/")
        sent(client, address, {}, 409)

    @pytest.mark.parametrize("name", ["%(account)s %", "100 %", "%s%(x)d"])
    def test_may_be_called_and_act_for_what_looks_like_a_format(self, as_person: AsPerson, name: str) -> None:
        Account.objects.filter(ref="bolt").update(name=name)
        self.make(as_person, name)
        address = f"/settings/clients/{ApiClient.objects.get().client_id}/rotate/"
        assert f"“{name}”" in page(as_person(ADMIN), address)
        assert f"acts for {name}, within" in page(as_person(ADMIN), "/settings/clients/new/")

    def test_that_have_no_secret_yet_get_one(self, as_person: AsPerson) -> None:
        actions.create_client(viewers_of(ADMIN)[0], "bolt", "RMM feed", ["usage:write"], client_id="half", now=NOW)
        secret = self.secret(self.rotate(as_person, "24"))
        assert Program.objects.get(pk="half").get_scopes() == ["usage:write"]
        assert Program.objects.get(pk="half").check_secret(secret)

    def test_are_for_admins_alone_and_a_strangers_does_not_exist(self, as_person: AsPerson) -> None:
        self.make(as_person)
        found = ApiClient.objects.get().client_id
        page(as_person("billing@bolt.example"), "/settings/clients/", 403)
        actions.change(Viewer.system(), "members", {"email": "admin@coil.example", "account": "coil", "role": "admin"}, now=NOW)
        page(as_person("admin@coil.example"), f"/settings/clients/{found}/revoke/", 404)
