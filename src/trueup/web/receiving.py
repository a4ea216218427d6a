"""Taking files off the wire: in pieces onto the disk, where somebody asked for one, and no further than the limit."""

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler

TAKES_FILES = frozenset({"upload_send", "prices_file"})
"""The names of the addresses that take files. Whatever is sent elsewhere is dropped as it comes."""


class Receiving(TemporaryFileUploadHandler):
    """Keeps nothing beyond the limit, whatever the request announced; the size says how much was sent all the same."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        """Begin a file, if this address takes any from somebody who is signed in. Raises SkipFile."""
        match = getattr(self.request, "resolver_match", None)
        if match is None or match.url_name not in TAKES_FILES or getattr(self.request, "seat", None) is None:
            raise SkipFile
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
        self._received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a piece; what is too much is read and dropped, so that the browser is there to hear why."""
        self._received += len(raw_data)
        if self._received <= settings.TRUEUP_UPLOAD_LIMIT:
            super().receive_data_chunk(raw_data, start)
