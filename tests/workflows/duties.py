"""What the tests of separation of duties ask: why not, and whether the database refuses it as well."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audits.workflows.models import ChangeRequest
from audits.workflows.services import why_not_decide
from mrm.accounts.models import Person, Signature
from mrm.accounts.policies import Role
from mrm.accounts.services import grant_role
from tests.factories import end_roles

WHY = "The applicants have changed."


def reasons(change: ChangeRequest, person: Person) -> str:
    return " ".join(why_not_decide(change, person=person))


def now_holding(person: Person, role: Role, *, workspace) -> Person:
    """The same person after a change of their job: the roles they had are over."""
    end_roles(person)
    grant_role(person, role, workspace=workspace, actor=None)
    return Person.objects.get(pk=person.pk)


def written_past_the_services(change: ChangeRequest, person, *, on_behalf_of=None) -> None:
    """A decision inserted as raw SQL, with a signature that looks real."""
    signature = Signature.objects.create(
        pk=uuid.uuid4(),
        person=person,
        printed_name=str(person),
        subject=f"workflows.ChangeRequest:{change.pk}",
        meaning="",
        statement={},
        statement_digest="0" * 64,
        evidence_digest=change.evidence_digest,
        method="password",
        authenticated_at=timezone.now(),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_decision (id, change_id, person_id, on_behalf_of_id, printed_name, role, approved, "
            "meaning, comment, conditions, statement, statement_digest, authentication, decided_at, voided_because, "
            "signature_id) VALUES (%s, %s, %s, %s, 'X', 'validator', true, 'reviewed', '', '[]', '{}', '', 'password', "
            "now(), '', %s)",
            [uuid.uuid4(), change.pk, person.pk, on_behalf_of and on_behalf_of.pk, signature.pk],
        )


def assert_the_database_refuses(change: ChangeRequest, person, why: str, **fields) -> None:
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        written_past_the_services(change, person, **fields)
