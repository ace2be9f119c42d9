"""Validations of the demo: complete ones, before a tier 1 model goes into use, and one with an open challenge."""

from audits.assessments.models import Run
from audits.statistics.limits import Verdict
from audits.workflows.models import ValidationRequest
from audits.workflows.services import validations
from demo.cast import PASSWORD, Cast
from inventory.models import ModelVersion
from mrm.accounts.services import Password

FOUND = {
    "conceptual_soundness": "The method fits the purpose; a linear score on the same inputs ranks worse.",
    "developmental_evidence": "The developer's tests are on record, and the holdout was kept apart from the training.",
    "process_verification": "The logged scores are those of the registered artifact.",
    "limitations": "No downturn lies in the history; what that means is stated, and watched monthly.",
}
USUAL = "Looked at as planned; nothing is left open."
RESTS_ON = {
    "outcomes_analysis": "performance",
    "discrimination": "performance",
    "calibration": "performance",
    "stability": "drift",
    "fairness": "bias",
    "explainability": "explainability",
}


def validate(cast: Cast, version: ModelVersion) -> None:
    """The whole way to an approved opinion, unless it was gone before."""
    if version.validations.exists():
        return
    validation = _begin(cast, version, kind="initial", trigger="The first version; it is to decide about customers.")
    for item in validation.items.filter(is_planned=True):
        _conclude(cast, item, version)
    seen = {"content_digest": validations.digest_of_content(validation), "password": PASSWORD}
    summary = "Sound for its purpose and its population; what it cannot know is stated and watched."
    validations.give_opinion(validation, outcome="fit", summary=summary, actor=cast.lead_validator, **seen)
    for person in (cast.second_validator, cast.head_of_validation):
        validations.review_opinion(validation, agreed=True, actor=person, **seen)


def challenge(cast: Cast, version: ModelVersion) -> None:
    """A validation under way: some is concluded, one challenge is settled and one waits for the owner."""
    if version.validations.exists():
        return
    trigger = "Approvals of one group fall behind: an event that the policy answers with a validation."
    validation = _begin(cast, version, kind="event_triggered", trigger=trigger)
    data, stability = (validation.items.get(component=name) for name in ("data", "stability"))
    _conclude(cast, stability, version)
    lead, question = cast.lead_validator, "Are the applications in the order in which they came in?"
    settled = validations.raise_challenge(validation, text=question, item=data, actor=lead)
    answer = "No: the archive keeps none. They are spread over the period."
    validations.respond_to_challenge(settled, text=answer, actor=cast.owner)
    validations.resolve_challenge(settled, text="Accepted; no conclusion may then rest on time.", actor=lead)
    question = "The credit-history flag drives the difference between groups. What does the score lose without it?"
    validations.raise_challenge(validation, text=question, actor=cast.second_validator)


def _begin(cast: Cast, version: ModelVersion, *, kind: str, trigger: str) -> ValidationRequest:
    """Asked for by the owner, assigned by the head of validation, attested to by both validators."""
    validation = validations.request_validation(version, kind=kind, trigger=trigger, actor=cast.owner)
    for person, role in ((cast.lead_validator, "lead"), (cast.second_validator, "second")):
        validations.assign_validator(validation, person=person, role=role, actor=cast.head_of_validation)
        statement = validations.prepare_attestation(validation, actor=person)
        validations.sign_attestation(validation, statement.pk, proof=Password(PASSWORD), actor=person)
    return validations.begin_validation(validation, actor=cast.lead_validator)


def _conclude(cast: Cast, item, version: ModelVersion) -> None:
    """Met, as far as the run that was linked says so; what it says else is a remark."""
    runs = Run.objects.finished().filter(version=version, plan__kind=RESTS_ON.get(item.component))
    outcome, conclusion = "met", FOUND.get(item.component, USUAL)
    if run := runs.first():
        validations.link_evidence(item, kind="run", key=run.pk, actor=cast.lead_validator)
        if run.verdict != Verdict.WITHIN:
            verdict = run.verdict or "without a verdict"
            outcome, conclusion = "met_with_remarks", f"The run is {verdict}; looked into, and watched by the next run."
    validations.conclude_item(item, outcome=outcome, conclusion=conclusion, actor=cast.lead_validator)
