"""Who may decide, judge or sign something, and what keeps others who hold such a role, and whoever asks, from it."""

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from audits.workflows import services
from audits.workflows.services import validations
from audits.workflows.views.changes import change_for
from audits.workflows.views.findings import finding_for
from audits.workflows.views.validations import validation_for


@require_safe
def of_change(request, reference):
    change = change_for(request, reference)
    people = [
        (person, position.role, position.on_behalf_of, position.reasons_not_to)
        for person, position in services.who_may_decide(change, asker=request.user)
    ]
    return _page(request, change, people, heading="Who may decide", within=("Changes", "change-list"), at="change")


@require_safe
def of_finding(request, reference):
    finding = finding_for(request, reference)
    people = _with_roles(finding, services.who_may_close(finding, asker=request.user))
    return _page(
        request, finding, people, heading="Who may close it", within=("Findings", "finding-list"), at="finding"
    )


@require_safe
def of_validation(request, reference):
    """Of the step that is awaited: to validate, to review the opinion, to approve it."""
    validation = validation_for(request, reference)
    people = _with_roles(validation, validations.who_may_act(validation, asker=request.user))
    heading = HEADINGS.get(validation.state, "Who may validate")
    within = ("Validations", "validation-list")
    return _page(request, validation, people, heading=heading, within=within, at="validation")


HEADINGS = {"review": "Who may review the opinion", "pending_approval": "Who may approve the opinion"}


def _with_roles(subject, people):
    """Each with the roles that they hold where the model lives."""
    place = (subject.model.workspace_id, subject.model_slug)
    return [(person, ", ".join(sorted(person.roles_in(*place))), None, reasons) for person, reasons in people]


def _page(request, subject, people, *, heading: str, within: tuple[str, str], at: str):
    name, addressed = within
    context = {
        "subject": subject,
        "people": people,
        "nobody_else": [person for person, *_ in people] == [request.user] and people[0][-1],
        "heading": heading,
        "list_name": name,
        "list_address": reverse(addressed),
        "address": reverse(at, args=[subject.reference]),
    }
    return render(request, "workflows/deciders.html", context)
