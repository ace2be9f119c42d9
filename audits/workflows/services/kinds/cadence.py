"""Looking at something about a model less often than the policy wants, for a time. More often needs no request."""

from datetime import date

from audits.workflows.models import ChangeRequest
from audits.workflows.services.kinds.kind import ChangeKind, Term, why_not_until
from inventory import policies
from inventory.contents.cadences import cadence_of
from inventory.models import Policy
from inventory.services import loosen_cadence, why_not_loosen
from mrm.pages.wording import day


def _rhythms(change: ChangeRequest) -> dict[str, str]:
    return policies.RHYTHMS


def _lengths(change: ChangeRequest) -> dict[str, str]:
    return {every: every for lengths in policies.LENGTHS.values() for every in lengths}


def _why_not(change: ChangeRequest) -> list[str]:
    most = policies.loosened_for(Policy.objects.in_force().document)
    reasons = why_not_until(change.terms["holds_until"], most_days=most.days)
    return reasons + why_not_loosen(change.model, change.terms["rhythm"], change.terms["every"])


def _evidence(change: ChangeRequest) -> dict:
    now = cadence_of(change.model, change.terms["rhythm"])
    return {"cadence": {"policy": now.required.every, "now": now.every, "asked": change.terms["every"]}}


def _loosen(change: ChangeRequest, actor) -> str:
    terms = change.terms
    cadence = loosen_cadence(
        change.model,
        rhythm=terms["rhythm"],
        every=terms["every"],
        reason=change.reason[:2000],
        holds_until=date.fromisoformat(terms["holds_until"]),
        change_reference=change.reference,
        actor=actor,
    )
    return f"{cadence.get_rhythm_display()} holds {cadence.every} until {day(cadence.holds_until)}."


CADENCE_CHANGE = ChangeKind(
    about="model",
    purpose="Look at something less often than the policy wants, for a time and with something else in its place.",
    if_approved="From the next window, or the next validation or attestation on, until the last day.",
    if_not="The cadence stays as it is.",
    on_lapse="After its last day the cadence of the policy holds again.",
    terms=(
        Term(name="rhythm", label="What is looked at less often", shape="choice", choices=_rhythms),
        Term(name="every", label="How often", shape="choice", choices=_lengths, help="Validations in months."),
        Term(name="compensating_control", label="Compensating control", help="What is looked at meanwhile, by whom."),
        Term(name="holds_until", label="Last day", shape="day", help="A year at most under the standard policy."),
    ),
    why_not=_why_not,
    evidence=_evidence,
    carry_out=_loosen,
    at_stake=lambda change: f"{change.model_id}:{change.terms['rhythm']}",
)
