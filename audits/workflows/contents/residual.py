"""What risk remains of a model: its tier after what monitoring, validation and findings say."""

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Case, CharField, Q, QuerySet, Value, When

from audits.assessments.models import Run
from audits.statistics.limits import Verdict, worst
from audits.workflows.contents.standings import shown_verdict
from audits.workflows.models import Finding, ValidationOpinion
from inventory import policies
from inventory.models import Model
from inventory.states import Stage
from mrm.pages.wording import day, sentence

MEASURED = (Verdict.WITHIN, Verdict.AMBER, Verdict.RED)
Outcome = ValidationOpinion.Outcome
WORST_FIRST = (Outcome.NOT_FIT, Outcome.FIT_WITH_CONDITIONS, Outcome.FIT)
NO_OPINION = "none"  # None holds: never validated, or not again in time.


def opinions_that_hold(today: date, at: datetime | None = None) -> QuerySet:
    """What validations say today, or said `at` a moment; that something is not fit holds until a later opinion."""
    return ValidationOpinion.objects.in_force(today, at) | ValidationOpinion.objects.not_fit(at)


def with_what_was_found(models: QuerySet, today: date) -> QuerySet:
    """Models with what the validation of the version in production says and their worst open finding; for counting."""
    about = Q(request__version=None) | Q(request__version__stage=Stage.PRODUCTION)
    holding = opinions_that_hold(today).filter(about)
    opinions = [
        When(pk__in=holding.filter(outcome=one).values("request__model"), then=Value(one)) for one in WORST_FIRST
    ]
    still_open = Finding.objects.open().order_by()
    findings = [
        When(pk__in=still_open.filter(severity=one).values("model"), then=Value(one)) for one in policies.SEVERITIES
    ]
    return models.annotate(
        opinion=Case(*opinions, default=Value(NO_OPINION), output_field=CharField()),
        finding=Case(*findings, default=Value(""), output_field=CharField()),
    )


def residual_of(
    model: Model,
    document: dict,
    *,
    runs: list[Run],
    outcomes: Collection[str],
    severities: Collection[str],
    latest: ValidationOpinion | None,
) -> list[str]:
    """The rating that the policy gives to the tier and the worst of what was found, and what it rests on.

    Without a verdict and without a validation nothing is known that would rate it; it counts as the policy says.

    document    the policy
    runs        the last of each plan of the version that counts
    outcomes    what the validations that hold say about that version, or about the model as a whole
    severities  of the open findings
    latest      the last opinion that was approved, whether it still holds or not
    """
    if model.tier == policies.EXEMPT:
        return ["Exempt", "Its risk is negligible, as was confirmed with its tier."]
    found = {
        "verdict": str(worst([shown_verdict(run.verdict, run.state) for run in runs])) if runs else "",
        "opinion": next((str(one) for one in WORST_FIRST if one in outcomes), NO_OPINION),
        "finding": next((one for one in policies.SEVERITIES if one in severities), ""),
    }
    verdict, opinion = found["verdict"], found["opinion"]
    rating = policies.residual_rating(document, model.tier, **found)
    by_each = policies.residual_ratings(document, model.tier, **found)
    told = {
        "monitoring": f"monitoring {verdict}" if verdict in MEASURED else "its health not measured",
        "validation": _validated(opinion, latest),
        "findings": f"the worst open finding {found['finding']}",
    }
    inputs = "; ".join(f"{told[name]}: {one}" for name, one in by_each.items())
    inputs = f"Inherent tier {model.tier}; {inputs}"
    if "findings" not in by_each:
        inputs += "; no finding open"
    if verdict in MEASURED or opinion != NO_OPINION:
        return [sentence(rating), f"{inputs}. The worst of them counts."]
    return ["Not rated", f"{inputs}. Until then it counts as {rating}."]


def _validated(opinion: str, latest: ValidationOpinion | None) -> str:
    if opinion != NO_OPINION:
        return f"validated as {Outcome(opinion).label.lower()}"
    if latest is None:
        return "never validated"
    return f"no validation holds, the last was given on {day(latest.effective_on)}"
