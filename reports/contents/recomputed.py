"""What an entry states by its digest, computed again from the rows beside the trail."""

from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

from django.db.models import F

from audits.assessments.models import Run
from audits.assessments.services.execution import results_digest
from audits.assessments.states import FINISHED
from audits.profiles.schema import columns_to_json
from audits.trail.models import Action, Entry, subject_name
from audits.workflows.models import ChangeRequest, Finding, ValidationOpinion
from audits.workflows.services.evidence import digest_of
from inventory.models import ModelVersion, Policy, PolicyDraft
from inventory.models.particulars import ROWS_OF
from inventory.services import policies
from inventory.services.attributes import told
from inventory.services.versions import digest_of_facts, digest_of_schema
from reports.contents.signed import signatures_that_differ, statements_that_differ

SOME = 200  # Rows read at a time.
DIGITS = "0123456789abcdef"  # With which keys begin: what is too much for one load of the page is read in parts.


def policies_that_differ() -> Iterator[str]:
    """Versions of the policy, and documents that somebody proposed."""
    published = Entry.objects.filter(action=Action.POLICY_PUBLISHED)
    stated = {details["number"]: details["digest"] for details in published.values_list("details", flat=True)}
    for policy in Policy.objects.order_by("number"):
        if _digest(policies.digest_of, policy.document) != stated.get(policy.number):
            yield f"Version {policy.number} of the policy is not the document that its entry says."

    proposed = _stated("digest", Action.POLICY_PROPOSED)
    for draft in PolicyDraft.objects.order_by("proposed_at", "pk"):
        if _digest(policies.digest_of, draft.document) != proposed.get(subject_name(draft)):
            yield f"The policy proposed on {draft.proposed_at:%-d %B %Y} is not the document that its entry says."


def results_that_differ(digit: str) -> Iterator[str]:
    """Runs whose results are others than were measured, and runs that are gone; those whose key begins with a digit."""
    done = _stated("results_digest", Action.ASSESSMENT_COMPLETED, Action.ASSESSMENT_FAILED)
    stated = {subject: digest for subject, digest in done.items() if subject.startswith(f"{Run._meta.label}:{digit}")}
    within = {"pk__gte": UUID(digit.ljust(32, "0")), "pk__lte": UUID(digit.ljust(32, "f"))}
    runs = Run.objects.filter(state__in=FINISHED, **within).order_by("pk").prefetch_related("results")
    for run in runs.iterator(chunk_size=SOME):
        if stated.pop(subject_name(run), "") != _digest(results_digest, run.results.all()):
            yield f"The results of the run {run.pk} are not those that its entry says."
    for subject in stated:
        yield f"{subject} is gone, or not finished, and an entry tells what it measured."


def requests_that_differ() -> Iterator[str]:
    """Requests that ask for something else than their deciders were shown."""
    stated = _stated("evidence_digest", Action.CHANGE_REQUESTED, Action.DECISIONS_VOIDED)
    for change in ChangeRequest.objects.order_by("pk").iterator(chunk_size=SOME):
        if {change.evidence_digest, _digest(_digest_of_what_is_asked, change)} != {stated.get(subject_name(change))}:
            yield f"What {change.reference} asks for, or its deciders were shown, is not what the entries about it say."


def _digest_of_what_is_asked(change: ChangeRequest) -> str:
    asked = {name: getattr(change, name) for name in ("kind", "reason", "terms") if name in change.evidence}
    return digest_of(change.evidence | asked)


def columns_that_differ() -> Iterator[str]:
    """Versions whose columns are described otherwise than when somebody said what they are."""
    stated = _stated("schema", Action.VERSION_REGISTERED, Action.VERSION_DESCRIBED)
    versions = ModelVersion.objects.select_related("model").only("schema", "number", "model__name").order_by("pk")
    for version in versions.iterator(chunk_size=SOME):
        told = stated.get(subject_name(version))
        # A large number comes back from the database without its point, as another text; read anew it is as told.
        if digest_of_schema(version.schema) != told and _digest(_digest_of_columns, version) != told:
            yield f"The columns of {version} are not those that its entries say."


def facts_that_differ() -> Iterator[str]:
    """Versions that say something else than they were registered with; entries of earlier releases state no digest."""
    stated = _stated("facts", Action.VERSION_REGISTERED, Action.VERSION_DESCRIBED, Action.ARTIFACT_RECEIVED)
    for version in ModelVersion.objects.select_related("model").order_by("pk").iterator(chunk_size=SOME):
        if stated.get(subject_name(version)) not in (None, _digest(digest_of_facts, version)):
            yield f"What {version} was registered with is not what its entries say."


def _digest_of_columns(version: ModelVersion) -> str:
    return digest_of_schema(columns_to_json(version.columns()))


def opinions_that_differ() -> Iterator[str]:
    """That their digest is the one that their entry states is compared beside."""
    for opinion in ValidationOpinion.objects.select_related("request").order_by("pk").iterator(chunk_size=SOME):
        if _digest(digest_of, opinion.content) != opinion.content_digest:
            yield f"What the opinion of {opinion.request.reference} rests on is not what was signed."


def findings_that_differ() -> Iterator[str]:
    """Findings that say something else than when they were issued. Those of earlier releases state no digest."""
    stated = _stated("said", Action.FINDING_RAISED)
    for finding in Finding.objects.issued().order_by("pk").iterator(chunk_size=SOME):
        if stated.get(subject_name(finding)) not in (None, _digest(_digest_of_what_is_said, finding)):
            yield f"The finding {finding.reference} does not say what it said when it was issued."


def _digest_of_what_is_said(finding: Finding) -> str:
    return finding.said_digest


def rows_of_models_that_differ() -> Iterator[str]:
    """What the register says about models in rows: sources, limitations, documents and the like."""
    ended = set(Entry.objects.filter(action=Action.PARTICULAR_ENDED).values_list("subject", flat=True))
    stated = _stated("values", Action.PARTICULAR_ADDED)
    for table in sorted({table for table, _ in ROWS_OF.values()}, key=lambda table: table.__name__):
        named = [field.name for field in table._meta.fields if field.is_relation]
        for row in table.objects.select_related(*named).order_by("pk").iterator(chunk_size=SOME):
            subject = subject_name(row)
            values = stated.pop(subject, {})
            said = {name: told(getattr(row, name)) for name in values}
            if not values or said != values or (row.ended_at is not None) != (subject in ended):
                yield f"What the register says about {row.model}, {row}, is not what the entries about it say."
    for subject in stated:
        yield f"{subject} is gone, of which an entry tells."


def _digest(compute: Callable, row) -> str | None:
    """None where a row holds what has no digest at all, such as a number that is none: nothing of the kind was said."""
    try:
        return compute(row)
    except (TypeError, ValueError):
        return None


def _stated(name: str, *actions: Action) -> dict[str, str]:
    """What the last entry of these about each thing that says something under this name says there."""
    entries = Entry.objects.filter(action__in=actions, details__has_key=name).order_by("position")
    return dict(entries.annotate(stated=F(f"details__{name}")).values_list("subject", "stated"))


RECOMPUTED = {
    "What the policy was": policies_that_differ,
    **{
        f"What was measured, part {part} of {len(DIGITS)}": partial(results_that_differ, digit)
        for part, digit in enumerate(DIGITS, start=1)
    },
    "What deciders were shown": requests_that_differ,
    "What columns versions have": columns_that_differ,
    "What versions were registered with": facts_that_differ,
    "What opinions rest on": opinions_that_differ,
    "What findings say": findings_that_differ,
    "What the register says in rows": rows_of_models_that_differ,
    "What was signed": statements_that_differ,
    "What signatures say": signatures_that_differ,
}
