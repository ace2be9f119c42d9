"""What every REST endpoint shares: a repeated POST is answered as the first time."""

import hashlib

from django.db import IntegrityError, transaction
from rest_framework.response import Response
from rest_framework.views import APIView

from mrm.accounts.models import IdempotencyKey
from mrm.errors import RuleBroken


class Api(APIView):
    """An endpoint whose POSTs honour `Idempotency-Key`: same key and body, same answer; other body, 409.

    A handler for a streamed body overrides `body_digest`, because the body can only be read once.
    """

    def body_digest(self, request) -> str:
        return hashlib.sha256(request._request.body).hexdigest()

    def dispatch(self, request, *args, **kwargs):
        self.kept = None
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        key = request.headers.get("Idempotency-Key")
        if request.method == "POST" and key:
            self.kept = self._claim(request, key)

    def handle_exception(self, exc):
        if isinstance(exc, AlreadyAnswered):
            return exc.as_response()
        return super().handle_exception(exc)

    def finalize_response(self, request, response, *args, **kwargs):
        kept = getattr(self, "kept", None)
        if kept is not None and kept.status is None:
            if response.status_code < 400:
                kept.status, kept.answer = response.status_code, response.data
                kept.save(update_fields=["status", "answer"])
            else:
                kept.delete()  # A refused request changed nothing; sending it again must be judged again.
        return super().finalize_response(request, response, *args, **kwargs)

    def _claim(self, request, key: str) -> IdempotencyKey:
        digest = self.body_digest(request)
        try:
            with transaction.atomic():
                return IdempotencyKey.objects.create(
                    person=request.user, key=key[:200], path=request.path, body_sha256=digest
                )
        except IntegrityError:
            kept = IdempotencyKey.objects.get(person=request.user, key=key[:200])
        if (kept.path, kept.body_sha256) != (request.path, digest):
            raise RuleBroken("This Idempotency-Key was already used for another request.")
        if kept.status is None:
            raise RuleBroken("The first request with this Idempotency-Key is still being answered; try again shortly.")
        raise AlreadyAnswered(kept)


class AlreadyAnswered(Exception):
    """The same POST came before; `kept` holds what it was answered."""

    def __init__(self, kept: IdempotencyKey):
        super().__init__(kept.key)
        self.kept = kept

    def as_response(self) -> Response:
        return Response(self.kept.answer, status=self.kept.status, headers={"Idempotency-Replayed": "true"})
