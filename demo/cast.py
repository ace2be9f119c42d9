"""The people of the demo, one sign-in per role; all share a password that the command prints."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from mrm.accounts import services
from mrm.accounts.models import Person, Workspace
from mrm.accounts.policies import Permission, Role, longest_days

PASSWORD = "measure-decide-prove"  # noqa: S105 - a demo that everybody can sign in to is the point.


@dataclass(frozen=True)
class Part:
    """One person of the cast, the role they play, and the one they hold besides."""

    email: str
    name: str
    role: Role
    also: Role | None = None


CAST = (
    Part("engineer@example.com", "Elif Demir", Role.ENGINEER),
    Part("owner@example.com", "Jonas Weber", Role.OWNER),
    Part("validator@example.com", "Priya Raman", Role.VALIDATOR),
    Part("officer@example.com", "Marta Kowalska", Role.RISK_OFFICER),
    Part("officer.two@example.com", "Tomas Ibarra", Role.RISK_OFFICER),
    Part("auditor@example.com", "Henrik Lund", Role.AUDITOR),
    Part("administrator@example.com", "Ada Novak", Role.ADMINISTRATOR),
    Part("head.validation@example.com", "Ines Cardoso", Role.HEAD_OF_VALIDATION),
    Part("cro@example.com", "Ruth Adeyemi", Role.CHIEF_RISK_OFFICER, Role.COMMITTEE_MEMBER),
    Part("chair@example.com", "Samuel Okoro", Role.COMMITTEE_CHAIR),
    Part("member@example.com", "Lea Fontaine", Role.COMMITTEE_MEMBER),
    Part("compliance@example.com", "Noor Haddad", Role.COMPLIANCE),
    Part("examiner@example.com", "Karl Brandt", Role.EXAMINER),
    Part("custodian@example.com", "Greta Nyberg", Role.KEY_CUSTODIAN),
    Part("lead.validator@example.com", "Mei Sato", Role.VALIDATOR),
    Part("second.validator@example.com", "Anders Holm", Role.VALIDATOR),
)


@dataclass(frozen=True)
class Cast:
    """The people, by what they do."""

    workspace: Workspace
    engineer: Person
    owner: Person
    validator: Person
    officer: Person
    second_officer: Person
    head_of_validation: Person
    chief_risk_officer: Person
    chair: Person
    member: Person
    compliance: Person
    lead_validator: Person
    second_validator: Person


APPROVERS = (Role.ADMINISTRATOR, Role.RISK_OFFICER)  # In the order in which they come about, before everybody else.
SCORING_SERVICE = "nightly.scoring@example.com"


def assemble() -> Cast:
    """Everybody, created where they are missing, and the account of a program."""
    in_order = sorted(CAST, key=lambda part: [*APPROVERS, part.role].index(part.role))
    people = {part.email.partition("@")[0]: _person(part) for part in in_order}
    _scoring_service()
    return Cast(
        Workspace.objects.get(slug="main"),
        engineer=people["engineer"],
        owner=people["owner"],
        validator=people["validator"],
        officer=people["officer"],
        second_officer=people["officer.two"],
        head_of_validation=people["head.validation"],
        chief_risk_officer=people["cro"],
        chair=people["chair"],
        member=people["member"],
        compliance=people["compliance"],
        lead_validator=people["lead.validator"],
        second_validator=people["second.validator"],
    )


def sign_ins() -> list[tuple[str, str, str]]:
    """Role, address and password of one person per role."""
    seen = {}
    for part in CAST:
        seen.setdefault(part.role, (part.role.replace("_", " "), part.email, PASSWORD))
    return list(seen.values())


def _person(part: Part) -> Person:
    person = Person.objects.filter(email=part.email).first()
    if person is None:
        person = services.create_person(part.email, part.name, password=PASSWORD, actor=None)
    for role in (part.role, part.also):
        if role and not person.grants.filter(role=role).exists():
            _give(person, role)
    return person


def _give(person: Person, role: Role, **where) -> None:
    """The first administrator and the first officer get theirs from the system; every other one from those two."""
    by_age = Person.objects.order_by("created_at")
    administrator, officer = (by_age.filter(grants__role=one).first() for one in APPROVERS)
    if administrator is None or officer is None:
        services.grant_role(person, role, actor=None)
        return
    until = timezone.now() + timedelta(days=longest_days(role))
    grant = services.grant_role(person, role, reason="Works on the demo.", ends_at=until, actor=administrator, **where)
    services.act_at_once(services.ROLE_APPROVAL, grant, password=PASSWORD, actor=officer)


def _scoring_service() -> None:
    """What would send predictions every night: it logs data, with a token that can do nothing else."""
    if Person.objects.filter(email=SCORING_SERVICE).exists():
        return
    workspace = Workspace.objects.get(slug="main")
    service = services.create_person(SCORING_SERVICE, "Nightly scoring", kind=Person.Kind.SERVICE, actor=None)
    _give(service, Role.ENGINEER, workspace=workspace)
    scope = {"actions": [Permission.LOG_DATA], "models": ["credit-default"]}
    services.issue_token(service, "Scoring of credit default", workspace=workspace, **scope, actor=None)
