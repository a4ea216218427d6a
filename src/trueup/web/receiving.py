"""Taking files off the wire: in pieces onto the disk, and no further than the limit."""

from django.conf import settings
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler


class Receiving(TemporaryFileUploadHandler):
    """Stops reading as soon as there is more than may be sent, whatever the request announced."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
        self._received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a piece; one byte more than the limit is kept, by which the file is known to be too large."""
        self._received += len(raw_data)
        if self._received > settings.TRUEUP_UPLOAD_LIMIT + len(raw_data):
            raise StopUpload(connection_reset=False)
        super().receive_data_chunk(raw_data, start)
