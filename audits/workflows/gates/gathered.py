"""What one question about a version rests on, gathered once and handed on."""

from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from audits.workflows.gates.windows import Counted, runs_that_count
from audits.workflows.models import Arrangement, Finding, SupervisoryRecord, ValidationOpinion
from inventory.models import Model, ModelVersion, Policy
from inventory.policies import SEVERE


class Gathered:
    """Facts about one version at one moment, each read when it is first asked for and then handed on.

    Of one look: whoever acts on it gathers again, inside the lock.
    """

    def __init__(self, version: ModelVersion, now: datetime):
        self.version, self.now = version, now

    @property
    def model(self) -> Model:
        return self.version.model

    @cached_property
    def _policy(self) -> tuple[UUID, dict]:
        return Policy.objects.document_in_force()

    @property
    def policy_id(self) -> UUID:
        return self._policy[0]

    @property
    def document(self) -> dict:
        """The policy in force."""
        return self._policy[1]

    @cached_property
    def counted(self) -> dict[str, Counted]:
        """By kind of assessment the runs that count."""
        return runs_that_count(self.version)

    @cached_property
    def opinion(self) -> ValidationOpinion | None:
        """The fit opinion in force."""
        opinions = ValidationOpinion.objects.in_force(self.now.date()).filter(request__version=self.version)
        return opinions.select_related("request").first()

    @cached_property
    def signed(self) -> list[ValidationOpinion]:
        """What was signed about it and is not approved, or void."""
        return signed_opinions(self.version)

    @cached_property
    def severe(self) -> list[Finding]:
        """Open severe findings about the model."""
        open_now = self.model.findings.open().filter(severity__in=SEVERE)
        return list(open_now.select_related("version").order_by("reference"))

    @cached_property
    def acceptances(self) -> list[Arrangement]:
        """What accepts the risk of these for now."""
        if not self.severe:
            return []
        standing = Arrangement.objects.standing(self.now).filter(model=self.model, kind=Arrangement.Kind.ACCEPTANCE)
        standing = standing.filter(finding__in=self.severe)
        return list(standing.select_related("finding__version").order_by("reference"))

    @cached_property
    def answers(self) -> list[SupervisoryRecord]:
        """What supervisors answered about this artifact, under whatever number or name; the latest last."""
        answers = SupervisoryRecord.objects.exclude(said=SupervisoryRecord.Said.NOTIFIED)
        same = ModelVersion.objects.of_artifact(self.version)
        return list(answers.filter(version__in=same).select_related("version__model"))

    @cached_property
    def watched_as(self) -> set[str]:
        return watched_as(self.model)


def watched_as(model: Model) -> set[str]:
    """The regulatory categories that count: those the register names now, and those that its tier was confirmed with.

    Whoever takes one out of the register sheds no wait by it, until a risk officer has confirmed the tier without it.
    """
    confirmed = model.tier_assessments.confirmed().values_list("facts", flat=True).first() or {}
    return {*model.regulatory_categories, *confirmed.get("regulatory_categories", ())}


def signed_opinions(version: ModelVersion) -> list[ValidationOpinion]:
    """Opinions on its artifact that await others, or are void, each with whether another was signed in its place.

    On this version, on the same artifact under whatever name, or on a model of either as a whole; the oldest first.
    """
    same = ModelVersion.objects.of_artifact(version)
    about = Q(request__version__in=same) | Q(request__version=None, request__model__in=same.values("model"))
    unsettled = Q(voided_at__isnull=False, outcome=ValidationOpinion.Outcome.NOT_FIT)
    unsettled |= Q(voided_at=None, approved_at=None)
    opinions = ValidationOpinion.objects.filter(about, unsettled).select_related("person", "request__model")
    signed_since = ValidationOpinion.objects.standing().filter(request=OuterRef("request"))
    opinions = opinions.select_related("request__version__model").annotate(is_followed=Exists(signed_since))
    return list(opinions.order_by("given_at", "pk"))
