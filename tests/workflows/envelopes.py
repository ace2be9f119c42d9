"""What the tests of envelopes say: terms, who approves them, and where a retrained version stands in them."""

from datetime import timedelta

from django.utils import timezone

from audits.assessments.models import Result
from audits.workflows.gates.enveloped import bounds_of, why_outside
from audits.workflows.gates.gathered import Gathered
from audits.workflows.models import Arrangement, ChangeRequest, Retraining
from audits.workflows.services import open_retraining_requests, request_change
from audits.workflows.tasks import train
from inventory.models import Policy
from inventory.services import start_use
from mrm.adapters import training
from tests.factories import approve_for, make_otherwise, make_use, publish, undecided
from tests.fixtures.story import approve, assess, learn, make_applicants, scored

Kind = ChangeRequest.Kind
WHY = "The applicants change with the season; the law does not."
BOUNDS = {"gain_on_champion": -0.5, "impact_ratio": 0, "reason_code_stability": 0}
WITHIN = dict.fromkeys(BOUNDS, (0.9, "within"))


def allow_envelopes() -> None:
    """A policy under which the gate of a retrained version is open, and its change not material."""
    document = Policy.objects.in_force().document
    document["promotion"] |= {"required_assessments": [], "must_be_decided": []}
    document["retraining"]["candidate"] |= {"assessed": [], "decided": []}
    document["change_classes"] |= {"output_moves": 0.99, "cases_change_class": 0.99, "population_psi": 99}
    publish(document)


def terms(**others) -> dict:
    ends_on = (timezone.now().date() + timedelta(days=90)).isoformat()
    return {"window_days": 400, "rows": 100, "bounds": BOUNDS, "ends_on": ends_on} | others


def ask(story, **others) -> ChangeRequest:
    return request_change(Kind.RETRAINING_ENVELOPE, story.model, reason=WHY, terms=terms(**others), actor=story.owner)


def approved(story, **others) -> Arrangement:
    change = ask(story, **others)
    approve(change, story.validator)
    approve(change, story.risk_officer)
    return Arrangement.objects.get(change=change)


def settle(result: dict, version) -> None:
    """As if a run that counts had found this."""
    with undecided("assessments_result", "USER"):
        for measure, (value, verdict) in result.items():
            Result.objects.filter(run__version=version, measure=measure).update(value=value, verdict=verdict)


def outside(envelope: Arrangement, version) -> list[str]:
    return why_outside(envelope, version, bounds_of(envelope, Gathered(version, timezone.now())))


def in_use(story):
    use = make_use(story.model, title="Pricing", actor=story.owner)
    approve_for(story.version, use, expires_at=timezone.now() + timedelta(days=90), change_reference="")
    return start_use(use, actor=None)


def retrained(story) -> Retraining:
    """What the sweeps and the built-in pipeline make of the breach, until the candidate is assessed."""
    learn(story.model, scored(story.booster, make_applicants(500, seed=6, prefix="S", shift=1.5)), story.folder)
    (change,) = open_retraining_requests(timezone.now())
    Retraining.objects.filter(change=change).update(pipeline=training.BUILT_IN)
    train(change.reference)
    retraining = Retraining.objects.get(change=change)
    make_otherwise(story.version, params=retraining.candidate.params)  # Else its method counts as another.
    assess(retraining.candidate)
    return retraining
