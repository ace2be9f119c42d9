"""Indicators of what people owe and decide: approvals, findings, exceptions, overlays, changes, the policy itself."""

from datetime import timedelta

from django.db.models import Avg, Count, F, Min, Q, Value
from django.db.models.functions import Coalesce

from audits.workflows.contents.hygiene import unapproved_versions
from audits.workflows.contents.indicators.scope import Found, Scope, count, share
from audits.workflows.models import Arrangement, ChangeRequest, Finding
from audits.workflows.states import ChangeState
from inventory import policies
from inventory.models import ModelVersion, Policy
from inventory.states import Stage

GRAVE = (Finding.Severity.CRITICAL, Finding.Severity.HIGH)
OFTEN = 2  # Renewals; governance.md, section 3.9.


def unapproved_in_use(scope: Scope) -> Found:
    """Versions in production without an approval that stands, of all in production."""
    versions = ModelVersion.objects.filter(stage=Stage.PRODUCTION, model__in=scope.visible.counted().values("pk"))
    without = Count("pk", filter=Q(pk__in=unapproved_versions(scope.now).values("pk")))
    found = versions.order_by().aggregate(all=Count("pk"), without=without)
    if not found["all"]:
        return Found(reason="No version is in production.")
    return count(found["without"], found["all"])


def emergency_releases_open(scope: Scope) -> Found:
    return count(_standing(scope, Arrangement.Kind.BREAK_GLASS).count())


def oldest_emergency_release(scope: Scope) -> Found:
    """In days; none is no age."""
    releases = _standing(scope, Arrangement.Kind.BREAK_GLASS).aggregate(first=Min("starts_at"), all=Count("pk"))
    if not releases["all"]:
        return Found(0.0, 0)
    return Found((scope.moment - releases["first"]) / timedelta(days=1), releases["all"])


def emergency_changes(scope: Scope) -> Found:
    """Emergency releases of a year, of all changes that were carried out."""
    done = ChangeRequest.objects.filter(scope.about, state=ChangeState.COMPLETED)
    done = done.filter(completed_at__gt=scope.since, completed_at__lte=scope.moment).order_by()
    urgent = Count("pk", filter=Q(kind=ChangeRequest.Kind.BREAK_GLASS))
    found = done.aggregate(all=Count("pk"), urgent=urgent)
    return count(found["urgent"], found["all"])


def findings_high_open(scope: Scope) -> Found:
    found = _open_findings(scope).aggregate(all=Count("pk"), grave=Count("pk", filter=Q(severity__in=GRAVE)))
    return count(found["grave"], found["all"])


def findings_past_due(scope: Scope) -> Found:
    found = _open_findings(scope).aggregate(all=Count("pk"), late=Count("pk", filter=Q(due_at__lt=scope.moment.date())))
    return share(found["late"], found["all"], nothing="No finding is open.")


def findings_age(scope: Scope) -> Found:
    """Mean days since open findings were raised."""
    found = _open_findings(scope).aggregate(all=Count("pk"), mean=Avg(Value(scope.moment) - F("raised_at")))
    if not found["all"]:
        return Found(reason="No finding is open.")
    return Found(found["mean"] / timedelta(days=1), found["all"])


def exceptions_live(scope: Scope) -> Found:
    return count(_standing(scope, Arrangement.Kind.EXCEPTION).count())


def exceptions_lapsed(scope: Scope) -> Found:
    """Whose time is over while nobody has put in order what rested on them."""
    held = Arrangement.objects.filter(scope.about, kind=Arrangement.Kind.EXCEPTION, ends_at__lte=scope.moment)
    return count(held.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=scope.moment)).count())


def overlays_live(scope: Scope) -> Found:
    return count(_standing(scope, Arrangement.Kind.OVERLAY).count())


def overlays_renewed_often(scope: Scope) -> Found:
    """Of the overlays in force, those that were renewed more than twice."""
    back = "__".join(["renews"] * (OFTEN + 1))
    often = Count("pk", filter=Q(**{f"{back}__isnull": False}))
    found = _standing(scope, Arrangement.Kind.OVERLAY).aggregate(all=Count("pk"), often=often)
    return share(found["often"], found["all"], nothing="No overlay is in force.")


def policy_loosened(scope: Scope) -> Found:
    """What the versions published within a year loosened, sentence by sentence; of all that they changed."""
    published = list(Policy.objects.filter(published_at__lte=scope.moment).order_by("number"))
    changes = [
        change
        for before, after in zip(published, published[1:], strict=False)
        if after.published_at > scope.since
        for change in policies.differences(before.document, after.document)
    ]
    return count(sum(bool(change.loosens) for change in changes), len(changes))


def _standing(scope: Scope, kind: str):
    """What held at that moment: begun, not ended, its time not over."""
    begun = Arrangement.objects.filter(scope.about, kind=kind, starts_at__lte=scope.moment).order_by()
    ends = Coalesce("ended_at", "ends_at")
    return begun.annotate(until=ends).filter(Q(until__isnull=True) | Q(until__gt=scope.moment))


def _open_findings(scope: Scope):
    if scope.at is None:
        return Finding.objects.open().filter(scope.about).order_by()
    raised = Finding.objects.issued().filter(scope.about, raised_at__lte=scope.at).order_by()
    return raised.filter(Q(closed_at__isnull=True) | Q(closed_at__gt=scope.at))
