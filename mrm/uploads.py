"""A request's body, streamed to a file: never in memory, never more than the limit, its digest known at the end."""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.http import HttpRequest
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from mrm.errors import TooLarge, UnusableData

PIECE = 1 << 20
GZIP = 31  # zlib's name for a gzip member.
CONTENT_DIGEST = re.compile(r"\s*(sha-256|sha-512)=:([A-Za-z0-9+/=]*):\s*(?:;.*)?")


@dataclass(frozen=True)
class Upload:
    """The body as it is once unpacked from its transfer: its file, size and SHA-256."""

    path: Path
    size: int
    sha256: str


def receive(request: HttpRequest, path: Path, *, limit: int) -> Upload:
    """Write the body to `path`. TooLarge after at most `limit` bytes, packed or unpacked.

    `Content-Encoding: gzip` is unpacked on the way; `Content-Digest` (RFC 9530) is checked against what was sent.
    """
    declared = _declared_length(request)
    if declared is not None and declared > limit:
        raise _too_large(limit)
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise UnsupportedMediaType(encoding, f"Content-Encoding {encoding[:40]!r} is not read here; send gzip or none.")
    sent = _Sent(request, declared, limit)
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        for piece in _unpacked(sent.pieces()) if encoding == "gzip" else sent.pieces():
            size += len(piece)
            if size > limit:
                raise _too_large(limit)
            digest.update(piece)
            file.write(piece)
    sent.check(request.headers.get("Content-Digest", ""))
    return Upload(path, size, digest.hexdigest())


class _Sent:
    """The bytes as they come over the wire, counted and digested."""

    def __init__(self, request: HttpRequest, declared: int | None, limit: int):
        # Django reads nothing of a chunked body, because it has no length; the server knows where it ends.
        self.stream = request.environ["wsgi.input"] if declared is None else request
        self.declared, self.limit, self.size = declared, limit, 0
        self.digests = {"sha-256": hashlib.sha256(), "sha-512": hashlib.sha512()}

    def pieces(self) -> Iterator[bytes]:
        while piece := self.stream.read(PIECE):
            self.size += len(piece)
            if self.size > self.limit:
                raise _too_large(self.limit)
            for digest in self.digests.values():
                digest.update(piece)
            yield piece
        if self.declared is not None and self.size != self.declared:
            raise ParseError(f"The body ended after {self.size} of {self.declared} bytes. Send it again.")

    def check(self, header: str) -> None:
        """Compare with the digests that the sender gave; those of unknown kinds say nothing."""
        for part in filter(None, header.split(",")):
            match = CONTENT_DIGEST.fullmatch(part)
            if match is None:
                continue
            kind, encoded = match.groups()
            try:
                expected = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                raise ParseError("Content-Digest is not base64; write it as sha-256=:…:") from None
            if expected != self.digests[kind].digest():
                message = f"The body does not have the {kind} that Content-Digest gives. Send it again."
                raise UnusableData({"message": message, "field": "Content-Digest"})


def _declared_length(request: HttpRequest) -> int | None:
    """The length of the body; None where it comes in chunks."""
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    if chunked and request.environ.get("wsgi.input_terminated"):
        return None
    try:
        return max(int(request.environ.get("CONTENT_LENGTH") or 0), 0)
    except ValueError:
        return 0


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What a gzip stream holds, a piece at a time however much one piece unpacks to."""
    member, started = zlib.decompressobj(GZIP), False
    try:
        for piece in pieces:
            while piece:
                started = True
                yield member.decompress(piece, PIECE)
                piece = member.unconsumed_tail
                if member.eof and (piece := member.unused_data):
                    member = zlib.decompressobj(GZIP)  # Another member follows, as `cat a.gz b.gz` makes them.
        while started and not member.eof:
            rest = member.decompress(b"", PIECE)
            if not rest:
                raise ParseError("The gzip body ends too early. Send it again.")
            yield rest
    except zlib.error:
        raise ParseError("The body is not gzip, although Content-Encoding says so.") from None


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit // 2**20} MiB. Send it in several parts.")
