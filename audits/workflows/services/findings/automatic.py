"""Findings that the system raises itself, each exactly once: `origin` names what made it, and is unique."""

from datetime import datetime, timedelta
from functools import partial
from itertools import chain

from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from audits.assessments.models import Breach
from audits.statistics.limits import Verdict
from audits.trail.models import Action, Entry
from audits.trail.services import governed
from audits.workflows.contents.hygiene import BY_NAME, breaking
from audits.workflows.gates.gate import DOCUMENTATION
from audits.workflows.models import Arrangement, ChangeRequest, Finding
from audits.workflows.services.findings.issuing import raise_finding
from audits.workflows.states import ArrangementState, ChangeState
from inventory import attributes
from inventory.models import Model, Policy
from inventory.policies import CLAUSES, registration_finding
from inventory.states import Status
from mrm.pages import wording
from mrm.sweeps import one_by_one

AT_ONCE = 200
EXCEPTION = "exception:"
REGISTRATION = "registration:"


def raise_due_findings(now: datetime) -> None:
    """Red breaches that nobody took up in time, exceptions that lapsed and are not put in order, and registrations that
    nobody completed."""
    rules = Policy.objects.in_force().section("findings")["automatic"]
    days, severity = rules["red_breach_days"], rules["severity"]
    neglected = _neglected(now - timedelta(days=days))
    incomplete = _never_completed(now).order_by("registered_at")[:AT_ONCE]
    due = chain(
        (partial(_raise_on_breach, breach, days=days, severity=severity) for breach in neglected),
        (partial(_raise_on_exception, exception, severity=severity) for exception in _lapsed_exceptions()),
        (partial(_raise_on_registration, model, now) for model in incomplete),
    )
    one_by_one(due, lambda raise_one: raise_one())


def _neglected(before: datetime):
    """Red for so long, with neither a finding, of whatever outcome, nor a request about it."""
    asked = ChangeRequest.objects.filter(breach=OuterRef("pk"), state__in=(ChangeState.PENDING, ChangeState.APPROVED))
    breaches = Breach.objects.open().filter(verdict=Verdict.RED, opened_at__lte=before, findings__isnull=True)
    alive = breaches.exclude(version__model__status=Status.RETIRED).filter(~Exists(asked))
    return alive.select_related("version__model__owner").order_by("opened_at")[:AT_ONCE]


def _lapsed_exceptions():
    """Those that no finding names yet; what has one, and is not put in order, stands before no other."""
    raised = Finding.objects.filter(origin=Concat(Value(EXCEPTION), Cast(OuterRef("pk"), CharField())))
    lapsed = Arrangement.objects.unsettled().filter(~Exists(raised), kind=Arrangement.Kind.EXCEPTION)
    rows = lapsed.exclude(model__status=Status.RETIRED).select_related("model__owner", "version")
    return rows.order_by("ended_at")[:AT_ONCE]


@governed()
def _raise_on_breach(breach: Breach, *, days: int, severity: str) -> None:
    """Unless another sweep has, or somebody took it up meanwhile."""
    breach = Breach.objects.select_for_update(of=("self",)).select_related("version__model__owner").get(pk=breach.pk)
    if breach.closed_at or breach.verdict != Verdict.RED or breach.findings.exists():
        return
    about = wording.sentence(wording.case(breach.measure, breach.column, breach.segment))
    raise_finding(
        breach.version.model,
        breach=breach,
        severity=severity,
        title=f"{about} red for more than {days} days"[:200],
        observation=f"{about} of {breach.version} has been red since {breach.opened_at:%d %B %Y}, "
        f"seen in {wording.counted(breach.occurrences, 'run')}, and nobody has decided what follows.",
        required_outcome="The breach is decided: mended, recalibrated, retrained, or closed with a reason.",
        origin=f"breach:{breach.pk}",
        actor=None,
    )


@governed()
def _raise_on_exception(exception: Arrangement, *, severity: str) -> None:
    origin = f"{EXCEPTION}{exception.pk}"
    exception = Arrangement.objects.select_for_update(of=("self",)).select_related("model__owner").get(pk=exception.pk)
    if exception.state != ArrangementState.EXPIRED or Finding.objects.filter(origin=origin).exists():
        return
    entry = Entry.objects.about(exception).filter(action=Action.ARRANGEMENT_EXPIRED).first()
    raise_finding(
        exception.model,
        version=exception.version,
        severity=severity,
        title=f"Exception {exception.reference} has lapsed"[:200],
        observation=f"{exception.title}: the exception ended on {exception.last_day:%d %B %Y} and what it stood for "
        "is not put right.",
        required_outcome="The clause is kept, or the use of the model ends.",
        criterion=f"clauses.{exception.clause}" if exception.clause in CLAUSES else "exceptions",
        evidence=[f"entry {entry.position}"] if entry else [],
        origin=origin,
        actor=None,
    )


def _never_completed(now: datetime) -> QuerySet[Model]:
    """What hygiene lists as incomplete so long after it was registered that nobody will complete it unasked.

    Whichever way it came in; but not what is baselined or excepted, nor what stood in the register before a policy
    asked for this. An exception that lapsed has a finding of its own, which stands for the same lack.
    """
    rule = registration_finding(Policy.objects.in_force().document)
    if rule is None:
        return Model.objects.none()
    asking = Policy.objects.filter(document__completeness__has_key="registration_finding")
    since = asking.earliest("number").published_at
    found = Finding.objects.filter(model=OuterRef("pk"), origin__startswith=REGISTRATION)
    excepted = Arrangement.objects.holding().filter(
        kind=Arrangement.Kind.EXCEPTION, clause=DOCUMENTATION, model=OuterRef("pk"), version=None
    )
    registered = Model.objects.filter(registered_at__gte=since, registered_at__lte=now - rule.after)
    open_still = registered.filter(~Exists(found), ~Exists(excepted))
    return breaking(open_still, BY_NAME["incomplete"], now=now)


@governed()
def _raise_on_registration(model: Model, now: datetime) -> None:
    """Once per model, however often it is completed and emptied again; unless somebody completed it meanwhile."""
    model = _never_completed(now).select_related("owner").filter(pk=model.pk).first()
    if model is None:
        return
    policy = Policy.objects.in_force()
    unsaid = ", ".join(attributes.BY_NAME[name].label.lower() for name in model.unsaid(policy.document))
    raise_finding(
        model,
        severity=registration_finding(policy.document).severity,
        title="Registered and not completed",
        observation=f"{model} was registered on {model.registered_at:%d %B %Y}, and the register does not say "
        f"what policy {policy.number} asks for at tier {model.tier}: {unsaid}.",
        required_outcome="The register says of the model what the policy asks for at its tier.",
        criterion=f"clauses.{DOCUMENTATION}",
        origin=f"{REGISTRATION}{model.pk}",
        actor=None,
    )
