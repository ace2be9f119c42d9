"""Evidence that somebody wrote something down, keeps it true, and looked at it in time."""

from collections.abc import Callable

from django.urls import reverse

from audits.workflows.models import Attestation, ValidationOpinion
from inventory import policies
from inventory.attributes import BY_NAME
from inventory.contents.cadences import cadence_of
from inventory.models import Dependency, Document
from inventory.models.particulars import rows_of
from mrm.pages.wording import counted
from reports.contents.answers import Answer, Subject, evidence, no_evidence, not_measured

BOUGHT = ("vendor", "hybrid")


def _rows(name: str, noun: str) -> Callable[[Subject, str], Answer]:
    """Whether the register holds rows of one attribute; that there are none of a thing, nobody can say by silence."""

    def look(subject: Subject, kind: str) -> Answer:
        found = rows_of(name).standing().filter(model=subject.model).count()
        link = (BY_NAME[name].label, subject.address("model-attribute", name))
        if not found:
            return no_evidence(kind, f"No {noun} is recorded.", link)
        return evidence(kind, f"{counted(found, noun)} recorded.", link)

    return look


def _documents_current(subject: Subject, kind: str) -> Answer:
    link = (BY_NAME["documents"].label, subject.address("model-attribute", "documents"))
    documents = Document.objects.standing().filter(model=subject.model)
    late = [document.title for document in documents if document.review_by and document.review_by < subject.now.date()]
    if not documents:
        return no_evidence(kind, "No document is attached.", link)
    if late:
        return no_evidence(kind, f"To be reviewed: {', '.join(late)}.", link)
    return evidence(kind, f"{counted(len(documents), 'document')} under digest, none past its review.", link)


def _validated_in_time(subject: Subject, kind: str) -> Answer:
    """That a full validation was approved, found the model fit, and is not due again."""
    model, today = subject.model, subject.now.date()
    opinions = ValidationOpinion.objects.approved().filter(
        request__model=model, request__kind__in=policies.FULL_TYPES, effective_on__lte=today
    )
    last = opinions.select_related("request").order_by("effective_on").last()
    if last is None:
        return no_evidence(kind, "No full validation was approved.", ("Validations", reverse("validation-list")))
    link = (last.request.reference, reverse("validation", args=[last.request.reference]))
    said = f"{last.get_outcome_display()}, since {last.effective_on:%-d %B %Y}"
    due = last.effective_on + cadence_of(model, policies.FULL_VALIDATION, document=subject.policy.document).span
    if due < today:
        return no_evidence(kind, f"{said}; the next was due on {due:%-d %B %Y}.", link)
    if last.outcome == ValidationOpinion.Outcome.NOT_FIT:
        return no_evidence(kind, f"{said}.", link)
    return evidence(kind, f"{said}; the next is due on {due:%-d %B %Y}.", link)


def _attested(subject: Subject, kind: str) -> Answer:
    given = Attestation.objects.filter(model=subject.model, attested_at__isnull=False).order_by("attested_at").last()
    late = Attestation.objects.overdue(subject.now.date()).filter(model=subject.model).first()
    if late:
        link = ("The attestation", reverse("attestation", args=[late.pk]))
        return no_evidence(kind, f"Due on {late.due_at:%-d %B %Y} and not given.", link)
    if given is None:
        return not_measured(kind, "Its owner was not asked yet.")
    link = ("The attestation", reverse("attestation", args=[given.pk]))
    return evidence(kind, f"By {given.attested_by} on {given.attested_at:%-d %B %Y}.", link)


def _vendor_recorded(subject: Subject, kind: str) -> Answer:
    model, link = subject.model, ("Construction", subject.address("edit-group", "construction"))
    if not model.origin:
        return not_measured(kind, "The register does not say where it comes from.", link)
    if model.origin not in BOUGHT:
        return not_measured(kind, "It is not bought, so there is no vendor to know.", link)
    lacking = [BY_NAME[name].label.lower() for name in ("vendor", "vendor_contract") if not model.says(name)]
    if lacking:
        return no_evidence(kind, f"Bought, and not recorded: {' and '.join(lacking)}.", link)
    return evidence(kind, f"{model.vendor}, contract {model.vendor_contract}.", link)


def _dependencies_kept(subject: Subject, kind: str) -> Answer:
    link = ("Dependencies", subject.address("model-dependencies"))
    edges = Dependency.objects.standing().filter(model=subject.model).select_related("upstream")
    gone = [str(edge.upstream) for edge in edges if edge.upstream.status == "retired"]
    if gone:
        return no_evidence(kind, f"It depends on what is retired: {', '.join(gone)}.", link)
    if not edges:
        return not_measured(kind, "No upstream model is recorded; whether there is none nobody says.", link)
    return evidence(kind, f"{counted(len(edges), 'upstream model')} recorded, all of them living.", link)


RECORDED: dict[str, Callable[[Subject, str], Answer]] = {
    "limitations_recorded": _rows("limitations", "limitation"),
    "assumptions_recorded": _rows("assumptions", "assumption"),
    "data_sources_recorded": _rows("data_sources", "data source"),
    "documents_current": _documents_current,
    "validated_in_time": _validated_in_time,
    "attested": _attested,
    "vendor_recorded": _vendor_recorded,
    "dependencies_kept": _dependencies_kept,
}
