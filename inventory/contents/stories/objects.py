"""What a story can be about: the page of each kind of object, and what belongs to it.

The trail names a row by its label and key (`audits.trail.models.subject_name`), so it is followed by label too: rows of
apps above this one are found as entries name them, and nothing here needs to import them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat

from audits.trail.models import Entry
from inventory.contents.stories.wording import address


@dataclass(frozen=True)
class Kind:
    """A kind of object: what it is called, the address of its page, and whose entries belong to its story too."""

    noun: str
    page: str = ""
    by: tuple[str, ...] = ()  # The fields that its address takes.
    parts: tuple[tuple[str, str], ...] = ()  # Label of the part, and its field that leads here.


OF_A_VERSION = ("version__model__slug", "version__number")
OF_A_MODEL = ("model__slug",)
VERSION_PARTS = (
    ("inventory.ReferenceData", "version"),
    ("inventory.PredictionBatch", "version"),
    ("inventory.Source", "version"),
    ("assessments.Plan", "version"),
    ("assessments.Run", "version"),
    ("assessments.Breach", "version"),
    ("workflows.ChangeRequest", "version"),
    ("workflows.Retraining", "candidate"),
    ("workflows.Arrangement", "version"),
    ("workflows.Finding", "version"),
    ("workflows.ValidationRequest", "version"),
)
PERSON_PARTS = (
    ("accounts.Token", "person"),
    ("accounts.Recertification", "grant__person"),
    ("workflows.Delegation", "delegator"),
    ("workflows.Delegation", "delegate"),
)

# A model's story is everything with its name on it, so it needs no parts.
KINDS: dict[str, Kind] = {
    "accounts.Person": Kind("person", "person", ("pk",), PERSON_PARTS),
    "accounts.Recertification": Kind("confirmation of a role", "person", ("grant__person__pk",)),
    "accounts.Token": Kind("token", "person", ("person__pk",)),
    "accounts.Workspace": Kind("workspace"),
    "assessments.Breach": Kind(
        "breach", "breach", ("pk",), (("workflows.ChangeRequest", "breach"), ("workflows.Finding", "breach"))
    ),
    "assessments.Plan": Kind(
        "monitoring plan", "model-monitoring", ("version__model__slug",), (("assessments.Run", "plan"),)
    ),
    "assessments.Run": Kind(
        "run", "run", ("pk",), (("assessments.Breach", "first_run"), ("assessments.Run", "rerun_of"))
    ),
    "inventory.Alias": Kind("other name", "model", OF_A_MODEL),
    "inventory.Cadence": Kind("cadence", "model-cadences", OF_A_MODEL),
    "inventory.DataSource": Kind("data source", "model", OF_A_MODEL),
    "inventory.Dependency": Kind("dependency", "model-dependencies", OF_A_MODEL),
    "inventory.Determination": Kind("determination", "model", OF_A_MODEL),
    "inventory.Document": Kind("document", "document", ("model__slug", "pk")),
    "inventory.Model": Kind("model", "model", ("slug",)),
    "inventory.ModelVersion": Kind("version", "version", ("model__slug", "number"), VERSION_PARTS),
    "inventory.OutcomeBatch": Kind("outcomes", "model-monitoring", OF_A_MODEL),
    "inventory.Policy": Kind("policy", "policy-version", ("number",), (("inventory.PolicyDraft", "published_as"),)),
    "inventory.PolicyDraft": Kind("proposed policy", "policy-draft", ("pk",)),
    "inventory.PredictionBatch": Kind("batch", "version", OF_A_VERSION),
    "inventory.ReferenceData": Kind("reference data", "version", OF_A_VERSION),
    "inventory.RegimePack": Kind("regime pack", "regimes"),
    "inventory.Series": Kind("series", "model-monitoring", OF_A_MODEL),
    "inventory.Source": Kind("source", "version", OF_A_VERSION),
    "inventory.Stakeholder": Kind("stakeholder", "model", OF_A_MODEL),
    "inventory.Statement": Kind("statement", "model", OF_A_MODEL),
    "inventory.Survey": Kind("survey", "survey", ("pk",)),
    "inventory.Use": Kind("use", "model-uses", OF_A_MODEL),
    "reports.Report": Kind("report", "report", ("reference",)),
    "trail.Head": Kind("trail", "trail"),
    "workflows.Arrangement": Kind("arrangement", "arrangement", ("reference",), (("workflows.Arrangement", "renews"),)),
    "workflows.Attestation": Kind("attestation", "attestation", ("pk",)),
    "workflows.ChangeRequest": Kind(
        "request",
        "change",
        ("reference",),
        (("workflows.Arrangement", "change"), ("workflows.Retirement", "change"), ("workflows.Retraining", "change")),
    ),
    "workflows.Delegation": Kind("delegation", "delegations"),
    "workflows.Finding": Kind("finding", "finding", ("reference",), (("workflows.Arrangement", "finding"),)),
    "workflows.Retirement": Kind("retirement", "retirement", ("change__reference",)),
    "workflows.ValidationRequest": Kind(
        "validation", "validation", ("reference",), (("workflows.Arrangement", "validation"),)
    ),
    "workflows.Retraining": Kind("retraining", "change", ("change__reference",)),
}
UNKNOWN = Kind("object")


def kind_of(subject: str) -> Kind:
    return KINDS.get(subject.partition(":")[0], UNKNOWN)


def entries_of(subject: str) -> QuerySet:
    """The entries of an object's story: about itself, and about what belongs to it."""
    label, _, key = subject.partition(":")
    if "\x00" in subject:  # Which the database takes for no text at all.
        return Entry.objects.none()
    if label == "inventory.Model":
        slug = apps.get_model(label).objects.filter(pk=key).values("slug") if _is_key(label, key) else []
        return Entry.objects.filter(model_slug__in=slug)
    parts = kind_of(subject).parts if _is_key(label, key) else ()
    subjects = [_named(part, **{path: key}) for part, path in parts]
    if not subjects:
        return Entry.objects.filter(subject=subject)
    itself = _named(label, pk=key)
    return Entry.objects.filter(subject__in=itself.union(*subjects, all=True))


def _named(label: str, **which) -> QuerySet:
    """The rows of one kind, as entries name them."""
    rows = apps.get_model(label).objects.order_by().filter(**which)
    return rows.values_list(Concat(Value(f"{label}:"), Cast("pk", CharField()), output_field=CharField()))


def _is_key(label: str, key: str) -> bool:
    try:
        apps.get_model(label)._meta.pk.to_python(key)
    except (LookupError, ValueError, ValidationError):
        return False
    return True


def looked_up(subjects: Iterable[str], fields: dict[str, tuple[str, ...]]) -> dict[str, dict]:
    """These fields of the rows that entries name, by subject; one query for each kind. What is gone is left out."""
    keys = defaultdict(set)
    for subject in subjects:
        label, _, key = subject.partition(":")
        if label in fields and _is_key(label, key):
            keys[label].add(key)
    found = {}
    for label, wanted in keys.items():
        table = apps.get_model(label)
        for row in table.objects.order_by().filter(pk__in=wanted).values("pk", *fields[label]):
            found[f"{label}:{row['pk']}"] = row
    return found


def address_of(subject: str, row: dict | None) -> str:
    """The page of the object that an entry is about; nowhere where it has none."""
    kind = kind_of(subject)
    if not kind.page or (kind.by and row is None):
        return ""
    return address(kind.page, *(row[name] for name in kind.by))
