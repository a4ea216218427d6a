"""What stands in our addresses beside words."""

from trueup.kit.addresses import from_segment, segment


class Ref:
    """A ref or a code, with any characters: `<ref:msp>`."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """As it is called."""
        return from_segment(value)

    def to_url(self, value: str) -> str:
        """As it stands in an address."""
        return segment(str(value))
