"""How many endpoints an account has, and what is said where there is none."""

from typing import Final

from trueup.kit.text import Text, text

MOST_ENDPOINTS: Final = 20
"""Of one account."""

MOST_DESCRIPTION: Final = 200
"""Characters."""


def no_endpoint(endpoint_id: int) -> Text:
    """That there is none, or none the viewer keeps."""
    return text("there is no webhook {id}", id=str(endpoint_id))


def no_delivery(delivery_id: int) -> Text:
    """That there is none of this endpoint."""
    return text("there is no delivery {id}", id=str(delivery_id))
