"""Finding a partner by a part of its name, whatever the case: the same on both databases, for any alphabet."""


def searchable(*names: str) -> str:
    """What is kept to be looked through."""
    return "\n".join(folded(name) for name in names if name)


def folded(text: str) -> str:
    """A text without its case, in one line; what somebody looks for is folded in the same way."""
    return " ".join(text.casefold().split())
