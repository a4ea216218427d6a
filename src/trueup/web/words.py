"""The domain's words in the language of the page."""


def says(message: object) -> str:
    """A sentence in the language of the page."""
    return str(message)
