"""Who made a version: registered it, or sent what it consists of, by the row and by the trail.

Of a version that another registry made, whom that one names counts as well, as soon as they have an account here.
"""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from audits.trail.models import Action, Entry, subject_name
from inventory.models import ModelVersion, ReferenceData
from mrm.errors import Shown
from mrm.pages.wording import day

MADE = {
    Action.VERSION_REGISTERED: "registered",
    Action.ARTIFACT_RECEIVED: "sent the artifact of",
    Action.REFERENCE_RECEIVED: "sent the reference data of",
    Action.VERSION_DESCRIBED: "described the columns of",
    Action.MLFLOW_DESCRIBED: "wrote the MLflow description of",
}


def made_version(version: ModelVersion, person, *, twins: list[ModelVersion] | None = None) -> str:
    """That somebody made a version, with the entry that shows it; else empty.

    The same artifact under another number or name is the same work.

    twins  what `twins_of` gives of it, where that was asked already
    """
    if version.registered_by_id == person.pk:
        registered = Entry.objects.about(version).filter(action=Action.VERSION_REGISTERED)
        return registered.showing(f"registered version {version.number} on {day(version.registered_at)}")
    return made_one_of([version], person) or _made_before(twins_of(version) if twins is None else twins, person)


def made_one_of(versions: Iterable[ModelVersion], person) -> str:
    """Whoever registered one of these versions, or sent what it consists of, by the trail."""
    parts = _parts_of(versions)
    if sent := _sent(parts, person).first():
        told = f"{_verb(sent)} version {parts[sent.subject].number} on {day(sent.at)}"
        return Shown(told, entry=sent.position)
    return ""


def made_among(versions: Iterable[ModelVersion], person) -> set[ModelVersion]:
    """Which of these versions somebody made, by the trail; what else has the same artifact aside."""
    parts = _parts_of(versions) if versions else {}
    return {parts[subject] for subject in _sent(parts, person).values_list("subject", flat=True)} if parts else set()


def sent_by_people(version: ModelVersion) -> str:
    """Who registered a version or sent its artifact, by the trail; empty where the system alone did."""
    sent = Entry.objects.about(version).filter(action__in=(Action.VERSION_REGISTERED, Action.ARTIFACT_RECEIVED))
    return sent.exclude(actor_id="").values_list("actor_name", flat=True).first() or ""


def maker_elsewhere(version: ModelVersion) -> str:
    """Who made it, as the other registry calls them that it was taken over from; empty where nobody is said."""
    registered = Entry.objects.about(version).filter(action=Action.VERSION_REGISTERED, details__has_key="maker")
    return registered.values_list("details__maker", flat=True).first() or ""


def twins_of(version: ModelVersion | None) -> list[ModelVersion]:
    """Every other version with the same artifact, of whatever model: their keys and their models', the first first."""
    if version is None:
        return []
    same = ModelVersion.objects.of_artifact(version).exclude(pk=version.pk)
    return list(same.only("model_id").order_by("registered_at"))


def _parts_of(versions: Iterable[ModelVersion]) -> dict[str, ModelVersion]:
    """The versions and their reference data, by what the trail calls them."""
    references = ReferenceData.objects.filter(version__in=versions).select_related("version")
    parts = {subject_name(version): version for version in versions}
    return parts | {subject_name(reference): reference.version for reference in references}


def _sent(parts: dict[str, ModelVersion], person) -> QuerySet[Entry]:
    return Entry.objects.filter(_is_by(person), subject__in=parts)


def _is_by(person) -> Q:
    return Q(actor_id=str(person.pk), action__in=MADE) | Q(
        action=Action.VERSION_REGISTERED, details__maker__iexact=person.email
    )


def _verb(entry: Entry) -> str:
    return MADE[entry.action] if entry.actor_id else "made"


def _made_before(twins: list[ModelVersion], person) -> str:
    """Whoever made a version with the same artifact, or sent what it consists of, however it is called there."""
    if not twins:
        return ""
    parts = _parts_of(twins)
    if first := _sent(parts, person).first():
        told = f"{_verb(first)} the same artifact as {parts[first.subject]} on {day(first.at)}"
        return Shown(told, entry=first.position)
    return ""
