"""`…/deciders/`: who may decide, judge or sign something, and what keeps everybody else with such a role from it."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.workflows import services
from audits.workflows.api import examples
from audits.workflows.api.lookups import change_for, finding_for, validation_for
from audits.workflows.services import validations
from inventory.serializers.deciders import DecidersOut, decider_told
from mrm.accounts.api import Api
from mrm.openapi import problems, response_example

OPERATION = {
    "responses": {200: DecidersOut, **problems(403, 404)},
    "examples": [response_example("Two people", examples.DECIDERS)],
}


class ChangeDecidersApi(Api):
    @extend_schema(
        operation_id="list_deciders",
        summary="Who may decide a change request, and why others may not",
        description="Everybody who holds a role that it awaits, and whoever asks, each with what keeps them from it, "
        "in words, and the entry of the trail that shows what that rests on.",
        tags=["changes"],
        **OPERATION,
    )
    def get(self, request, reference):
        return _answer(
            decider_told(person, position.reasons_not_to, role=position.role, on_behalf_of=position.on_behalf_of)
            for person, position in services.who_may_decide(change_for(request, reference), asker=request.user)
        )


class FindingDecidersApi(Api):
    @extend_schema(
        operation_id="list_finding_deciders",
        summary="Who may close a finding, and why others may not",
        description="Everybody whose role judges it or, where its closure awaits a signature, signs that; and whoever "
        "asks, whatever their role.",
        tags=["findings"],
        **OPERATION,
    )
    def get(self, request, reference):
        people = services.who_may_close(finding_for(request, reference), asker=request.user)
        return _answer(decider_told(person, reasons) for person, reasons in people)


class ValidationDecidersApi(Api):
    @extend_schema(
        operation_id="list_validation_deciders",
        summary="Who may validate, review or approve, and why others may not",
        description="Everybody whose role takes the step that is awaited: to validate; once the opinion is signed, "
        "to review it; then to approve it. And whoever asks, whatever their role.",
        tags=["validations"],
        **OPERATION,
    )
    def get(self, request, reference):
        people = validations.who_may_act(validation_for(request, reference), asker=request.user)
        return _answer(decider_told(person, reasons) for person, reasons in people)


def _answer(deciders) -> Response:
    return Response(DecidersOut({"deciders": list(deciders)}).data)
