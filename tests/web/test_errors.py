"""What goes wrong outside of anybody's control."""

import pytest
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from tests.web.conftest import AsPerson

pytestmark = [pytest.mark.usefixtures("world"), pytest.mark.urls(__name__)]


def locked(request: HttpRequest) -> HttpResponse:
    """A page whose database is taken."""
    raise OperationalError("database is locked")


from trueup.config import urls  # noqa: E402 -- beside the address that only this test has

urlpatterns = [path("locked/", locked), *urls.urlpatterns]


class TestBusyDatabase:
    def test_says_to_try_again(self, as_person: AsPerson) -> None:
        answer = as_person("billing@bolt.example").get("/locked/")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert "try again in a minute" in answer.content.decode()


class TestFragment:
    def test_that_is_refused_becomes_the_whole_page(self, as_person: AsPerson) -> None:
        answer = as_person("billing@bolt.example").get("/reports/2026-10/nobody/", headers={"HX-Request": "true"})
        assert (answer.headers["HX-Retarget"], answer.headers["HX-Reselect"]) == ("body", "unset")

    def test_for_somebody_who_is_no_member_any_more_is_the_page_that_says_so(self, as_person: AsPerson) -> None:
        from trueup.accounts.models import Member

        client: Client = as_person("billing@bolt.example")
        Member.objects.filter(user__email="billing@bolt.example").delete()
        answer = client.get("/reports/", headers={"HX-Request": "true"})
        assert (answer.status_code, answer.headers["HX-Reselect"]) == (403, "unset")
