"""What docs/network.md shows works."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trueup.accounts.models import Account
from trueup.accounts.rules import Viewer
from trueup.network.actions import CustomersResult, apply, import_customers

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "network.md").read_text(encoding="utf-8")
NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)


@pytest.mark.django_db
class TestPage:
    def test_shows_a_network_and_customers_that_can_be_applied(self, tmp_path: Path) -> None:
        (network,) = re.findall(r"```yaml\n(installation:.*?)```", PAGE, re.DOTALL)
        apply(Viewer.system(), network, file_name="NETWORK.yaml", dry_run=False, now=NOW)
        assert Account.objects.filter(tier="msp").count() == 2
        (customers,) = re.findall(r"```\n(ref,name.*?)```", PAGE, re.DOTALL)
        file = tmp_path / "customers.csv"
        file.write_text(customers, encoding="utf-8")
        result = import_customers(Viewer.system(), file, dry_run=False, now=NOW, progress=None)
        assert result == CustomersResult(unchanged=2)
