"""What waits in the demo for those whom no story asks: the committee, audit, the head of validation, the officers."""

from datetime import timedelta

from django.utils import timezone

from audits.workflows import services as workflows
from audits.workflows.models import ChangeRequest, Delegation, ValidationRequest
from audits.workflows.services import validations
from demo.building import approve
from demo.cast import PASSWORD, Cast
from demo.governance import in_days
from demo.scorecards import ANSWERS, LESS_EXPOSED
from inventory.models import Cadence, Model
from inventory.services import close_source, propose_tier, register_source, tighten_cadence
from mrm.accounts import services as accounts
from mrm.accounts.models import Person, Recertification, RoleGrant
from mrm.accounts.policies import Role

Kind = ChangeRequest.Kind


def leave_waiting(cast: Cast) -> None:
    """One thing each, unless it was asked for before."""
    people = {
        person.email.partition("@")[0]: person for person in Person.objects.filter(email__endswith="@example.com")
    }
    _hold_records(cast, people)
    _ask_the_committee(cast)
    _ask_for_a_validation(cast)
    _propose_a_role(people)
    _delegate(people)
    _look_more_often(cast)
    _leave_the_strictest_tier(cast)
    _confirm_roles()
    _read_a_table(cast)


def _hold_records(cast: Cast, people: dict[str, Person]) -> None:
    """An inquiry: nothing of the model is deleted until it is over."""
    model = Model.objects.get(slug="mortgage-approval")
    change = _ask(
        cast,
        Kind.LEGAL_HOLD,
        model,
        reason="The supervisor asks how proposals differ between groups of applicants.",
        terms={
            "matter": "Inquiry 2026/114 on fair lending",
            "scope": "Predictions and outcomes of the last half year.",
        },
        by=cast.officer,
    )
    for name in ("cro", "auditor"):
        approve(change, people[name], comment="Everything is kept until the inquiry is over.")


def _ask_the_committee(cast: Cast) -> None:
    """An exception of a tier 1 model from what matters most: one member voted, the others have not."""
    change = _ask(
        cast,
        Kind.EXCEPTION,
        Model.objects.get(slug="credit-default"),
        reason="One age band has too few decided cases for a verdict; a larger sample is under way.",
        terms={
            "clause": "assessment.bias",
            "risk": "A difference between age bands would be seen a quarter late.",
            "compensating_control": "Compliance reads a sample of fifty declined applications a month.",
            "ends_on": in_days(90),
        },
        by=cast.owner,
    )
    approve(change, cast.member, comment="For one quarter, with the sample.")


def _ask_for_a_validation(cast: Cast) -> None:
    """Nobody is assigned to it yet; the head of validation is asked to."""
    version = Model.objects.get(slug="customer-churn").production_version()
    kind = ValidationRequest.Kind.POST_IMPLEMENTATION
    if not version.validations.filter(kind=kind).exists():
        trigger = "The refitted version went into use; does it score in production what it scored in the test?"
        validations.request_validation(version, kind=kind, trigger=trigger, actor=cast.owner)


def _propose_a_role(people: dict[str, Person]) -> None:
    """The administrator proposes it; a second person approves."""
    if not RoleGrant.objects.filter(person=people["compliance"], role=Role.COMMITTEE_MEMBER).exists():
        accounts.grant_role(
            people["compliance"],
            Role.COMMITTEE_MEMBER,
            ends_at=timezone.now() + timedelta(days=60),
            reason="Stands in for Lea Fontaine during her leave.",
            actor=people["administrator"],
        )


def _delegate(people: dict[str, Person]) -> None:
    if not Delegation.objects.exists():
        ends_at = timezone.now() + timedelta(days=14)
        given, away = workflows.delegation_to(people["officer"], ends_at=ends_at), people["officer.two"]
        accounts.act_at_once(given, away, comment="Leave.", password=PASSWORD, actor=away)


def _look_more_often(cast: Cast) -> None:
    """While a finding on fairness is open, the owner confirms the entry more often than the policy wants."""
    model = Model.objects.get(slug="mortgage-approval")
    if not Cadence.objects.filter(model=model).exists():
        why = "While the finding on the impact ratio is open, its entry is confirmed every month."
        tighten_cadence(model, rhythm="attestation", every="monthly", reason=why, actor=cast.validator)


def _leave_the_strictest_tier(cast: Cast) -> None:
    """The owner holds that a smaller book needs less; that is decided with the chief risk officer."""
    model = Model.objects.get(slug="card-fraud")
    if ChangeRequest.objects.filter(model=model, kind=Kind.TIER_CHANGE).exists():
        return
    answers = ANSWERS[model.slug] | LESS_EXPOSED
    propose_tier(model, answers=answers, actor=cast.owner)
    why = "The corporate cards went to another scheme: it now watches a tenth of the payments that it did."
    workflows.request_change(Kind.TIER_CHANGE, model, reason=why, actor=cast.owner)


def _confirm_roles() -> None:
    """The yearly round: whoever gives roles says of each whether it is still needed."""
    if not Recertification.objects.exists():
        accounts.open_recertification(timezone.now(), every=timedelta(0), answer_within=timedelta(days=30))


def _read_a_table(cast: Cast) -> None:
    """Predictions were once to be counted where they lie; the table went, and batches are sent instead."""
    version = Model.objects.get(slug="energy-demand").production_version()
    if not version.sources.filter(table="forecasts.hourly").exists():
        address = "postgresql://reader@warehouse.example.com/energy"
        source = register_source(version, url=address, table="forecasts.hourly", actor=cast.engineer)
        close_source(source, actor=cast.engineer)


def _ask(cast: Cast, kind: str, model: Model, *, reason: str, terms: dict, by: Person) -> ChangeRequest:
    found = ChangeRequest.objects.filter(model=model, kind=kind, reason=reason).first()
    return found or workflows.request_change(kind, model, reason=reason, terms=terms, actor=by)
