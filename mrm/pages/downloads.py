"""Files that are sent while they are made."""

from collections.abc import Iterable

from django.http import StreamingHttpResponse


def download(filename: str, pieces: Iterable[bytes | str], media_type: str) -> StreamingHttpResponse:
    """A file as a download, a piece at a time."""
    response = StreamingHttpResponse(pieces, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


class Sink:
    """What an archive writes into and the answer takes from; it cannot go back, so the archive does not try."""

    def __init__(self):
        self.pieces: list[bytes] = []
        self.size = 0

    def write(self, piece: bytes) -> int:
        self.pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        taken, self.pieces, self.size = b"".join(self.pieces), [], 0
        return taken
