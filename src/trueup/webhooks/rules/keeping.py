"""How many endpoints an account has, how long their log is kept, and what is said where there is none."""

from datetime import timedelta
from typing import Final

from trueup.kit.text import Text, text

MOST_ENDPOINTS: Final = 20
"""Of one account."""

MOST_DESCRIPTION: Final = 200
"""Characters."""


KEPT_FOR: Final = timedelta(days=90)
"""How long a delivery is kept after it has ended, with every call that was made for it."""


def no_endpoint(endpoint_id: int) -> Text:
    """That there is none, or none the viewer keeps."""
    return text("there is no webhook {id}", id=str(endpoint_id))


def no_delivery(delivery_id: int) -> Text:
    """That there is none of this endpoint."""
    return text("there is no delivery {id}", id=str(delivery_id))
