"""A churn model whose world turned in the middle of the year: retrained after two approvals, gated and promoted."""

from django.utils import timezone

from audits.workflows import services as workflows
from audits.workflows.models import ChangeRequest, Retraining
from audits.workflows.tasks import train
from demo.building import Calendar, add_version, assess, decide, log, open_change, promote, register, scored
from demo.cast import Cast
from demo.schemas import described
from demo.simulators import telecom_customers
from demo.training import train_lightgbm

FEATURES = ["charge", "support_calls", "months", "data_gb"]
SCHEMA = described(
    numbers=FEATURES,
    segments={"plan": ["basic", "plus", "family"]},
    protected={"age_band": ["under 30", "30 to 59", "60 and over"]},
    favourable=1,
)
THRESHOLD = 0.25


def tell(cast: Cast, calendar: Calendar) -> None:
    model = register(
        cast,
        "customer-churn",
        name="Customer churn",
        purpose="Probability that a customer leaves within a month, used to offer a better plan in time.",
        business_unit="Marketing",
        methodology="Gradient-boosted trees",
        affects_natural_persons=True,
    )
    history = telecom_customers(5000, start=calendar.before, end=calendar.start, seed=21, prefix="T")
    trained = train_lightgbm(history[:3000], FEATURES)
    version = add_version(
        cast,
        model,
        "1",
        schema=SCHEMA,
        trained=trained,
        reference=scored(trained, history[3000:]).drop("time", "id"),
        threshold=THRESHOLD,
    )
    holdout = telecom_customers(2500, start=calendar.before, end=calendar.start, seed=22, prefix="V")
    log(cast, version, scored(trained, holdout), label="label")
    assess(version)
    promote(cast, version, reason="First version of the churn score.")
    year = telecom_customers(12_000, start=calendar.start, end=calendar.end, seed=23, turn=1.0)
    log(cast, version, scored(trained, year), label="label")
    assess(version)
    _retrain(cast, version)


def _retrain(cast: Cast, version) -> None:
    """The system asks, two people approve, the built-in pipeline trains, the gate opens, two people promote."""
    workflows.open_retraining_requests(timezone.now())
    change = open_change(version, ChangeRequest.Kind.RETRAINING)
    if change is None:
        return
    seen = "The law has changed; the drop in AUC is real in every plan."
    decide(cast, change, seen, "Refit, and show me the candidate on a holdout.")
    workflows.dispatch_approved_retrainings()
    train(change.reference)
    candidate = Retraining.objects.get(change=change).candidate
    if candidate is not None:
        assess(candidate)
        promote(cast, candidate, reason=f"Retrained for {change.reference}; ranks again as it did before the turn.")
