"""Which of many known words an unknown one is most like."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Final

_CLOSELY: Final = 40
"""How many known words are compared letter by letter with an unknown one."""


def most_alike(wanted: Collection[str], known: Mapping[str, str]) -> dict[str, str]:
    """For each of some words the code that is, or whose label is, most like it, in any case; those that nothing is like are left out.

    `known`: code → label. Of a hundred thousand labels only those that share pieces with a word are looked at closely.
    """
    by_word = {code.casefold(): code for code in known} | {label.casefold(): code for code, label in known.items()}
    folded = {word: word.casefold() for word in wanted}
    near = _near({word for word in folded.values() if word not in by_word}, by_word)
    found = {}
    for word, low in folded.items():
        like = [low] if low in by_word else get_close_matches(low, near[low], n=1)
        if like:
            found[word] = by_word[like[0]]
    return found


def _near(wanted: Collection[str], words: Collection[str]) -> dict[str, list[str]]:
    """For each wanted word those that share the largest part of their pieces with it."""
    holders = defaultdict(list)
    for word in wanted:
        for piece in _pieces(word):
            holders[piece].append(word)
    sizes = {word: len(_pieces(word)) for word in wanted}
    shared: dict[str, list[tuple[int, str]]] = {word: [] for word in wanted}
    for word in words:
        pieces = _pieces(word)
        counts = Counter(holder for piece in pieces if piece in holders for holder in holders[piece])
        for holder, count in counts.items():
            # As a whole number: two pieces in common of four and six are more than two of four and sixty.
            shared[holder].append((2000 * count // (sizes[holder] + len(pieces)), word))
    return {word: [one for _, one in sorted(pairs, key=lambda pair: (-pair[0], pair[1]))[:_CLOSELY]] for word, pairs in shared.items()}


def _pieces(word: str) -> set[str]:
    """Three letters each, with the beginning and the end of the word."""
    whole = f" {word} "
    return {whole[at : at + 3] for at in range(max(len(whole) - 2, 1))}
