"""Imports in the portal."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.web.conftest import NOW, AsPerson
from trueup.accounts.rules import Viewer
from trueup.ledger.actions import import_usage
from trueup.ledger.queries import unmapped_names
from trueup.uploads.models import Upload
from trueup.uploads.working import work_on_next

GOOD = "day,customer,service,provisioned_units,used_units\n2026-11-01,bolt-dental,endpoint-core,40,31\n"
BOLT = "billing@bolt.example"
VENDOR = "vendor@acme.example"

pytestmark = pytest.mark.usefixtures("transactional_db", "world", "ledger_home", "home")


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    """A home of this test's own, for the files."""
    settings.TRUEUP_HOME = tmp_path / "home"
    return tmp_path / "home"


def send(client: Client, content: bytes, *, kind: str = "usage", name: str = "october.csv") -> str:
    """Send a file; where the browser is led, or the page that says what is wrong."""
    response = client.post(reverse("upload_send", args=[kind]), {"file": SimpleUploadedFile(name, content)})
    return response.headers.get("Location", "") or response.content.decode()


class TestImports:
    def test_lead_from_the_file_to_what_it_did(self, as_person: AsPerson) -> None:
        client = as_person(BOLT)
        page = send(client, GOOD.encode())
        assert "being checked" in client.get(page).content.decode()
        work_on_next(now=NOW)
        assert "Records to be stored" in client.get(page).content.decode()
        assert client.post(page + "confirm/").headers["Location"] == page
        work_on_next(now=NOW)
        assert "Records stored" in client.get(page).content.decode()
        assert "october.csv" in client.get(reverse("uploads")).content.decode()

    def test_show_the_state_alone_to_htmx_until_nothing_moves(self, as_person: AsPerson) -> None:
        client = as_person(BOLT)
        page = send(client, GOOD.encode())
        fragment = client.get(page, headers={"HX-Request": "true"}).content.decode()
        assert "hx-trigger" in fragment
        assert "<html" not in fragment
        work_on_next(now=NOW)
        assert "hx-trigger" not in client.get(page, headers={"HX-Request": "true"}).content.decode()

    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            ("october.xlsx", b"PK\x03\x04", "has to end in"),
            ("october.csv", b"\x1f\x8b\x08\x00", "is not text"),
            ("october.csv", b"", "is empty"),
        ],
    )
    def test_say_beside_the_form_why_a_file_is_not_taken(self, as_person: AsPerson, name: str, content: bytes, reason: str) -> None:
        assert reason in send(as_person(BOLT), content, name=name)
        assert not Upload.objects.exists()

    def test_refuse_what_is_too_large(self, as_person: AsPerson, settings: Settings) -> None:
        settings.TRUEUP_UPLOAD_LIMIT = 1_000_000
        assert "larger than 1 MB" in send(as_person(BOLT), GOOD.encode() + b"x" * 1_500_000)
        assert not Upload.objects.exists()

    def test_are_not_for_somebody_who_only_reads(self, as_person: AsPerson) -> None:
        client = as_person("viewer@bolt.example")
        assert client.get(reverse("uploads")).status_code == 403
        assert client.post(reverse("upload_send", args=["usage"]), {"file": SimpleUploadedFile("x.csv", b"day")}).status_code == 403

    def test_of_others_do_not_exist(self, as_person: AsPerson) -> None:
        page = send(as_person(BOLT), GOOD.encode())
        stranger = as_person("billing@coil.example")
        assert [
            stranger.get(page).status_code,
            stranger.post(page + "confirm/").status_code,
            stranger.get(page + "refused.csv").status_code,
        ] == [404] * 3

    def test_of_an_unknown_kind_do_not_exist(self, as_person: AsPerson) -> None:
        assert "There is no such page" in send(as_person(BOLT), GOOD.encode(), kind="secrets")


class TestUnknownNames:
    @pytest.fixture(autouse=True)
    def _waiting(self, transactional_db: None, world: None, ledger_home: Path, tmp_path: Path) -> None:
        file = tmp_path / "manual.csv"
        file.write_text(
            "day,customer,service,provisioned_units\n2026-11-01,Dental Carre,workspace-security,3\n2026-11-01,Who,workspace-security,1\n"
        )
        import_usage(Viewer.system(), file, source="manual", now=NOW)

    def test_are_suggested_and_never_guessed(self, as_person: AsPerson) -> None:
        client = as_person(VENDOR)
        page = client.get(reverse("unmapped")).content.decode()
        assert "it is Dental Care (bolt-dental)" in page
        client.post(reverse("unmapped"), form(("Dental Carre", ""), ("Who", "")))
        assert len(unmapped_names(Viewer.system())) == 2

    def test_are_stored_once_somebody_says_what_they_are(self, as_person: AsPerson) -> None:
        client = as_person(VENDOR)
        response = client.post(reverse("unmapped"), form(("Dental Carre", "")) | {"suggested-0": "bolt-dental"}, follow=True)
        assert "1 waiting record was stored" in response.content.decode()
        assert [one.name for one in unmapped_names(Viewer.system())] == ["Who"]

    def test_that_are_refused_keep_what_was_typed_and_do_not_hold_up_the_others(self, as_person: AsPerson) -> None:
        response = as_person(VENDOR).post(reverse("unmapped"), form(("Dental Carre", "bolt-dental"), ("Who", "nobody")))
        page = response.content.decode()
        assert response.status_code == 400
        assert 'value="nobody"' in page
        assert "There is no customer" in page
        assert [one.name for one in unmapped_names(Viewer.system())] == ["Who"]

    @pytest.mark.parametrize("email", [BOLT, "north@north.example"])
    def test_are_the_vendors_alone(self, as_person: AsPerson, email: str) -> None:
        assert as_person(email).get(reverse("unmapped")).status_code == 404


def form(*names: tuple[str, str]) -> dict[str, str]:
    """The form of unknown names: (name, what was typed)."""
    fields = {"rows": str(len(names))}
    for at, (name, target) in enumerate(names):
        fields |= {f"kind-{at}": "customer", f"name-{at}": name, f"source-{at}": "manual", f"target-{at}": target}
    return fields
