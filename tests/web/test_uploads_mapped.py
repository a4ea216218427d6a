"""Imports of files of any layout in the portal."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.exchange.test_rules_profiles import IN
from tests.web.conftest import NOW, AsPerson
from trueup.accounts.queries import viewers_of
from trueup.exchange.actions import NEW, save_profile
from trueup.uploads.models import Upload
from trueup.uploads.working import work_on_next

BOLT = "billing@bolt.example"
FILE = "x\n\nClient,SKU,Qty\nDental Care,EPC-1,4\nDental Care,EPC-2,3\n"

pytestmark = pytest.mark.usefixtures("transactional_db", "world", "ledger_home")


@pytest.fixture
def client(as_person: AsPerson, tmp_path: Path, settings: Settings) -> Client:
    """Somebody of bolt, which has a profile for its feed."""
    settings.TRUEUP_HOME = tmp_path / "home"
    save_profile(viewers_of(BOLT)[0], "feed", IN, seen=NEW, now=NOW)
    return as_person(BOLT)


def send(client: Client, content: str, profile: str = "feed") -> tuple[int, str]:
    """Send a file by a profile; what was answered."""
    given = {"file": SimpleUploadedFile("licenses.txt", content.encode()), "profile": profile}
    answer = client.post(reverse("upload_send", args=["usage"]), given)
    return answer.status_code, answer.content.decode()


class TestUploads:
    def test_take_a_file_of_any_layout(self, client: Client) -> None:
        assert "<option>feed</option>" in client.get(reverse("uploads")).content.decode()
        assert send(client, FILE)[0] == 302
        work_on_next(now=NOW)
        upload = Upload.objects.get()
        assert (upload.file_name, upload.counts["stored"], upload.counts["refused"]) == ("licenses.csv", 1, 0)

    def test_say_what_is_wrong_with_it(self, client: Client) -> None:
        status, page = send(client, FILE.replace("EPC-2,3", "EPC-2,1\N{NO-BREAK SPACE}23"))
        assert status == 400
        assert "Row 5, column Qty: " in page or "row 5, column Qty: " in page
        assert send(client, FILE, "nobodys")[0] == 404
        assert not Upload.objects.exists()
