"""Words that are like others."""

from difflib import get_close_matches

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.kit.alike import most_alike

KNOWN = {"bolt-dental": "Dental Care", "bolt-garage": "Garage Center", "coil-bakery": "Bakery Brothers", "ag": "AG"}


class TestMostAlike:
    @pytest.mark.parametrize(
        ("word", "code"),
        [
            ("Dental Carre", "bolt-dental"), ("DENTAL CARE", "bolt-dental"), ("bolt-garaga", "bolt-garage"),
            ("Bäkery Brother", "coil-bakery"), ("ag", "ag"), ("Center Garage", None), ("zzz", None), ("", None),
        ],
    )  # fmt: skip
    def test_finds_the_code_or_none(self, word: str, code: str | None) -> None:
        assert most_alike([word], KNOWN).get(word) == code

    def test_answers_for_many_at_once_as_for_each(self) -> None:
        words = ["Dental Carre", "Garage Centre", "nothing of it"]
        assert most_alike(words, KNOWN) == {"Dental Carre": "bolt-dental", "Garage Centre": "bolt-garage"}

    def test_knows_nothing_where_nothing_is_known(self) -> None:
        assert most_alike(["Dental Care"], {}) == {}

    @given(st.text("abcdef ", min_size=4, max_size=20), st.integers(0, 19), st.lists(st.text("abcdef ", max_size=20), max_size=30))
    def test_of_a_word_with_one_letter_missing_finds_one_as_alike(self, word: str, at: int, others: list[str]) -> None:
        asked = word[: at % len(word)] + word[at % len(word) + 1 :]
        known = {word: word, **{other: other for other in others}}
        best = get_close_matches(asked, known, n=1, cutoff=0.6)
        assert bool(most_alike([asked], known)) == bool(best)
