"""What is sealed is read again with the same key, for the same purpose."""

import pytest

from trueup.kit.sealing import seal, unseal


class TestSealing:
    def test_is_undone_with_the_same_key_and_purpose(self) -> None:
        kept = seal(b"a secret", key="key", purpose="tests")
        assert b"secret" not in kept
        assert unseal(kept, key="key", purpose="tests") == b"a secret"

    @pytest.mark.parametrize(("key", "purpose"), [("another", "tests"), ("key", "elsewhere")])
    def test_is_not_undone_with_another(self, key: str, purpose: str) -> None:
        assert unseal(seal(b"a secret", key="key", purpose="tests"), key=key, purpose=purpose) is None

    def test_is_not_undone_of_what_was_altered(self) -> None:
        kept = seal(b"a secret", key="key", purpose="tests")
        assert unseal(kept[:-4], key="key", purpose="tests") is None

    def test_reads_what_was_kept_by_earlier_versions(self) -> None:
        kept = b"gAAAAABlU_EA_oM05qqtoVhhqOVf_xUkg7d5VSQAEwwDEIUcAyMcDTB8XfPcOhC6UKXDf9lDvsP4PslJTETM5riccNZQrmcnew=="
        assert unseal(kept, key="key", purpose="trueup.webhooks") == b"whsec_old"
