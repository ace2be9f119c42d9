"""What every REST endpoint shares: a repeated POST is answered as the first time; large bodies go to a file."""

import hashlib
import json
import tempfile
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import UnsupportedMediaType, ValidationError
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from mrm import uploads
from mrm.accounts.models import IdempotencyKey
from mrm.errors import RuleBroken
from mrm.serializers import Serializer

LONGEST_KEY = 200
CLAIMED_FOR = timedelta(minutes=10)  # Longer than any request may take; after that its process has died.
KEPT_FOR = timedelta(days=7)
SECRETS = ("password", "code")


class Api(APIView):
    """An endpoint whose POSTs honour `Idempotency-Key`: same key and body, same answer; other body, 409."""

    kept: IdempotencyKey | None = None

    def dispatch(self, request, *args, **kwargs):
        try:
            return super().dispatch(request, *args, **kwargs)
        finally:
            if self.kept is not None and self.kept.status is None:
                # Refused, or broken off: nothing was changed, so sending it again must be judged again.
                self.kept.delete()

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self.receive(request, **kwargs)
        key = request.headers.get("Idempotency-Key")
        if request.method == "POST" and key:
            self.kept = self._claim(request, key)

    def receive(self, request, **kwargs) -> None:
        """Take in the body before the request is handled, where it is not left to the parsers."""

    def body_digest(self, request) -> str:
        return hashlib.sha256(request._request.body).hexdigest()

    def answer_to_keep(self, data):
        """What a repeated POST is answered with: the same, but for what nobody may read twice."""
        return data

    def handle_exception(self, exc):
        if isinstance(exc, AlreadyAnswered):
            return exc.as_response()
        return super().handle_exception(exc)

    def finalize_response(self, request, response, *args, **kwargs):
        if self.kept is not None and response.status_code < 400:
            self.kept.status = response.status_code
            self.kept.answer = json.loads(JSONRenderer().render(self.answer_to_keep(response.data)))
            self.kept.save(update_fields=["status", "answer"])
        return super().finalize_response(request, response, *args, **kwargs)

    def _claim(self, request, key: str) -> IdempotencyKey:
        if len(key) > LONGEST_KEY:
            raise ValidationError({"Idempotency-Key": f"A key has at most {LONGEST_KEY} characters."})
        digest, now = self.body_digest(request), timezone.now()
        asked = {"path": request.path, "body_sha256": digest}
        keys = IdempotencyKey.objects.filter(person=request.user)
        keys.filter(created_at__lt=now - KEPT_FOR).delete()
        try:
            with transaction.atomic():
                return IdempotencyKey.objects.create(person=request.user, key=key, **asked)
        except IntegrityError:
            kept = keys.filter(key=key).first()
        if kept is None:
            raise RuleBroken("Another request with this Idempotency-Key has just ended; send yours again.")
        if kept.status is None and kept.created_at < now - CLAIMED_FOR:
            # Whoever claimed it died. One of those who ask now takes over.
            if keys.filter(pk=kept.pk, created_at=kept.created_at).update(created_at=now, **asked):
                return keys.get(pk=kept.pk)
            kept = keys.get(pk=kept.pk)
        if (kept.path, kept.body_sha256) != (request.path, digest):
            raise RuleBroken("This Idempotency-Key was already used for another request.")
        if kept.status is None:
            raise RuleBroken("The first request with this Idempotency-Key is still being answered; try again shortly.")
        raise AlreadyAnswered(kept)


def sent_to(shape: type[Serializer], request, **how) -> dict:
    """What a body says, as its shape reads it; refused with every fault where it cannot be read so."""
    sent = shape(data=request.data, **how)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


class AlwaysJson(BaseContentNegotiation):
    """Refusals in JSON, whatever kind of file was asked for; the file itself is answered past the renderers."""

    def select_parser(self, request, parsers):
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class FileApi(Api):
    """An endpoint that answers with a file."""

    content_negotiation_class = AlwaysJson


class StreamedApi(Api):
    """An endpoint whose body goes to a file, after it is known that the caller may send it.

    media_types  what may be sent; None for anything
    upload       the body, while the request is handled
    """

    media_types: tuple[str, ...] | None = None
    upload: uploads.Upload

    def check_sender(self, request, **kwargs) -> None:
        """Raise unless the caller may send this body. Asked before any of it is read."""
        raise NotImplementedError

    def dispatch(self, request, *args, **kwargs):
        with tempfile.TemporaryDirectory(prefix="mrm-upload-") as folder:
            self.folder = Path(folder)
            return super().dispatch(request, *args, **kwargs)

    def receive(self, request, **kwargs) -> None:
        if request.method not in ("POST", "PUT") or not hasattr(self, request.method.lower()):
            return
        self.check_sender(request, **kwargs)
        if self.media_types is not None:
            self._check_media_type(request._request)
        path = self.folder / "body"
        self.upload = uploads.receive(request._request, path, limit=settings.MAXIMUM_UPLOAD_BYTES)

    def body_digest(self, request) -> str:
        return self.upload.sha256

    def _check_media_type(self, request) -> None:
        if request.content_type not in self.media_types:
            shown = request.content_type[:80] or "none"
            raise UnsupportedMediaType(shown, f"Media type {shown!r} is not read; send {', '.join(self.media_types)}.")
        charset = request.content_params.get("charset", "utf-8").lower()
        if charset not in ("utf-8", "us-ascii"):
            raise UnsupportedMediaType(charset, f"The charset {charset[:40]!r} is not read here; send UTF-8.")


class SigningApi(Api):
    """An endpoint whose body carries a password."""

    def body_digest(self, request) -> str:
        """Without the password: whoever reads the table of keys must not be able to guess it from a digest."""
        told = request.data
        if isinstance(told, dict):
            told = {name: value for name, value in told.items() if name not in SECRETS}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class AlreadyAnswered(Exception):
    """The same POST came before; `kept` holds what it was answered."""

    def __init__(self, kept: IdempotencyKey):
        super().__init__(kept.key)
        self.kept = kept

    def as_response(self) -> Response:
        return Response(self.kept.answer, status=self.kept.status, headers={"Idempotency-Replayed": "true"})
