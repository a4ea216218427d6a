"""Static files, looked up once for all clients of a run.

Every `Client` of a test starts a server's middleware of its own, as if the portal had just been started; finding its static files was
most of what that took.
"""

from typing import Any

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware


def let_clients_share_static_files() -> None:
    """From now on a server with the settings of an earlier one takes over the files which that one found."""
    find = WhiteNoiseMiddleware.add_files_from_finders
    known: dict[tuple[object, ...], dict[str, Any]] = {}

    def find_once(self: WhiteNoiseMiddleware) -> None:
        places = tuple(map(str, settings.STATICFILES_DIRS))
        how = places, self.static_prefix, self.max_age, self.allow_all_origins, self.charset, self.add_headers_function
        if how not in known:
            find(self)
            known[how] = self.files
        self.files = dict(known[how])

    WhiteNoiseMiddleware.add_files_from_finders = find_once
