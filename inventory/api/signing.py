"""Acts that one signs: reading what would be signed, and signing it after proving again who one is."""

from collections.abc import Callable

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory.api.examples import DIGEST
from inventory.serializers.deciders import reasons_told
from inventory.serializers.signing import SignableOut
from mrm.accounts.api import SigningApi, sent_to
from mrm.accounts.services import Act, act_at_once, view_of_act
from mrm.openapi import problems, response_example

SIGNABLE = {
    "may_sign": True,
    "reasons_not_to": [],
    "shown_by": [],
    "evidence_digest": DIGEST,
    "evidence": {"model": "instalment-loan-default", "status": "in_use"},
}
PROVING = ("evidence_digest", "password", "code")
PROOF = {"evidence_digest": DIGEST, "password": "correct horse battery"}


class SignedActApi(SigningApi):
    """GET tells what POST signs. A token alone signs nothing: whose it is proves again who they are."""

    act: Act

    def view(self, subject, request) -> Response:
        view = view_of_act(self.act, subject, person=request.user)
        return Response(SignableOut(view | reasons_told(view["reasons_not_to"])).data)

    def sign(self, subject, request, shape, *, check: Callable[[], None] = lambda: None):
        """What the act came to. `check` raises where the rest of the request, beside its body, stands against it."""
        told = sent_to(shape, request)  # What cannot be read is refused as such before anything else is asked.
        check()
        proof = {name: told.pop(name) for name in PROVING}
        return act_at_once(self.act, subject, comment="".join(told.values()), **proof, actor=request.user)


def signable(operation_id: str, summary: str, *, tags: list[str], refusals: tuple[int, ...] = ()):
    """What the document says of reading what would be signed; `refusals` are those of a query, where there is one."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        description="The facts and their digest, and every reason why you may not sign.",
        tags=tags,
        responses={200: SignableOut, **problems(*refusals, 403, 404, 409)},
        examples=[response_example("What would be signed", SIGNABLE)],
    )
