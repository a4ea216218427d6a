"""The API's clock: the one place where it reads the time."""

from datetime import datetime

from django.conf import settings


def now() -> datetime:
    """The present instant (UTC), or the one that `trueup serve --now` or a test says."""
    instant: datetime = settings.TRUEUP_CLOCK()
    return instant
