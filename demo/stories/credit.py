"""A credit default score in a recession: its applicants change; a retraining waits for its second signature."""

from django.utils import timezone

from audits.workflows.services import open_retraining_requests
from demo.building import Calendar, add_version, approve, assess, log, open_change, promote, register, scored
from demo.cast import Cast
from demo.schemas import described
from demo.simulators import credit_applications
from demo.training import train_xgboost

FEATURES = ["income", "utilisation", "inquiries", "tenure"]
SCHEMA = described(
    numbers=FEATURES,
    segments={"employment": ["employed", "self-employed", "not working"]},
    protected={"sex": ["female", "male"], "age_band": ["18 to 29", "30 to 44", "45 to 61", "62 and over"]},
    favourable=0,
    incomplete=("income",),
)
THRESHOLD = 0.12


def tell(cast: Cast, calendar: Calendar) -> None:
    model = register(
        cast,
        "credit-default",
        name="Consumer credit default",
        purpose="Probability of default within twelve months, used to approve or decline consumer loans.",
        business_unit="Retail lending",
        methodology="Gradient-boosted trees",
        affects_natural_persons=True,
    )
    history = credit_applications(6000, start=calendar.before, end=calendar.start, seed=11, prefix="T")
    trained = train_xgboost(history[:3500], FEATURES)
    version = add_version(
        cast,
        model,
        "1",
        schema=SCHEMA,
        trained=trained,
        reference=scored(trained, history[3500:]).drop("time", "id"),
        threshold=THRESHOLD,
    )
    holdout = credit_applications(3000, start=calendar.before, end=calendar.start, seed=12, prefix="V")
    log(cast, version, scored(trained, holdout), label="label")
    assess(version)
    promote(cast, version, reason="First version of the score; replaces the rule-based approval.")
    year = credit_applications(15_000, start=calendar.start, end=calendar.end, seed=13, squeeze=0.65)
    log(cast, version, scored(trained, year), label="label", until=calendar.back(30))
    assess(version)
    _ask_for_retraining(cast, version)


def _ask_for_retraining(cast: Cast, version) -> None:
    """The system asks, because the policy says so; an officer agrees; the chief risk officer has still to decide."""
    open_retraining_requests(timezone.now())
    change = open_change(version, "retraining")
    if change:
        approve(change, cast.officer, comment="The applicants changed, the law did not: refitting is right.")
