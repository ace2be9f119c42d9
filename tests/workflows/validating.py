"""Walking a validation through its services, and the people who do it."""

from dataclasses import dataclass

from audits.workflows.models import ValidationRequest
from audits.workflows.services.validations import (
    assign_validator,
    begin_validation,
    conclude_item,
    digest_of_content,
    give_opinion,
    prepare_attestation,
    request_validation,
    review_opinion,
    sign_attestation,
)
from audits.workflows.services.validations.scope import reread
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.accounts.services import Password
from tests.factories import PASSWORD, make_person

PASSWORDS = {"password": PASSWORD}


@dataclass(frozen=True)
class Panel:
    """Who validates: a lead, a second validator, and the head who approves."""

    lead: Person
    second: Person
    head: Person


def make_panel(workspace) -> Panel:
    return Panel(
        make_person(Role.VALIDATOR, name="Lena Lead", workspace=workspace),
        make_person(Role.VALIDATOR, name="Sven Second", workspace=workspace),
        make_person(Role.HEAD_OF_VALIDATION, name="Hana Head", workspace=workspace),
    )


def attest(validation: ValidationRequest, person: Person):
    statement = prepare_attestation(validation, actor=person)
    return sign_attestation(validation, statement.pk, proof=Password(PASSWORD), actor=person)


def asked(subject, *, kind="initial", actor=None) -> ValidationRequest:
    return request_validation(subject, kind=kind, trigger="It is to be used for the first time.", actor=actor)


def begun(subject, panel: Panel, *, kind="change_triggered") -> ValidationRequest:
    """In progress: assigned, attested, planned as the policy requires."""
    validation = asked(subject, kind=kind)
    assign_validator(validation, person=panel.lead, role="lead", actor=panel.head)
    assign_validator(validation, person=panel.second, role="second", actor=panel.head)
    attest(validation, panel.lead)
    attest(validation, panel.second)
    return begin_validation(validation, actor=panel.lead)


def concluded(subject, panel: Panel, *, kind="change_triggered", outcome="met") -> ValidationRequest:
    """Every component of the plan concluded; nothing signed yet."""
    validation = begun(subject, panel, kind=kind)
    for item in validation.items.filter(is_planned=True):
        conclude_item(item, outcome=outcome, conclusion="Repeated; the numbers agree.", actor=panel.lead)
    return validation


def opined(validation: ValidationRequest, panel: Panel, *, outcome="fit", **fields):
    seen = {"summary": "Sound for its use.", "content_digest": digest_of_content(reread(validation))}
    return give_opinion(validation, outcome=outcome, actor=panel.lead, **PASSWORDS, **seen | fields)


def reviewed(validation: ValidationRequest, person: Person, *, agreed=True, comment=""):
    seen = digest_of_content(reread(validation))
    return review_opinion(validation, agreed=agreed, comment=comment, content_digest=seen, actor=person, **PASSWORDS)


def validated(subject, panel: Panel, *, kind="change_triggered", outcome="fit", **fields) -> ValidationRequest:
    """Approved, with this opinion."""
    validation = concluded(subject, panel, kind=kind)
    opined(validation, panel, outcome=outcome, **fields)
    reviewed(validation, panel.second)
    reviewed(validation, panel.head)
    validation.refresh_from_db()
    return validation
