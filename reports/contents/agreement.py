"""Whether the rows beside the trail still say what its entries said of them.

Triggers refuse much of what should not happen to a row; whoever can switch them off, or moves a row along a way that is
allowed, leaves it saying something that no entry says. Each check is one statement that finds such rows.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from django.apps import apps
from django.db import connection

from audits.trail.models import Action
from audits.workflows.states import (
    ArrangementState,
    AttestationState,
    ChangeState,
    FindingState,
    RetirementState,
    ValidationState,
)
from inventory.states import Stage, Status, UseState
from mrm.accounts.services import unrecorded_factors, vanished_factors
from reports.contents.descriptions import differing
from reports.contents.recomputed import RECOMPUTED
from reports.contents.undecided import undecided
from reports.contents.unsaid import UNSAID, unsaid
from reports.states import ReportState

MOST_NAMED = 20


@dataclass(frozen=True)
class States:
    """What a row may say after the last entry that moved it; `column` empty where only its being there counts.

    since  the entry that every such row begins with, or those in `after` where there are several
    """

    label: str
    column: str
    after: dict[Action, tuple[str, ...]]
    since: Action


STATES = (
    States(
        "inventory.Model",
        "status",
        {
            Action.MODEL_REGISTERED: (Status.IN_DEVELOPMENT, Status.IN_USE),
            Action.MODEL_RESTRICTED: (Status.RESTRICTED,),
            Action.MODEL_SUSPENDED: (Status.SUSPENDED,),
            Action.MODEL_RESUMED: (Status.IN_USE,),
            Action.MODEL_RETIRED: (Status.RETIRED,),
        },
        Action.MODEL_REGISTERED,
    ),
    States(
        "inventory.ModelVersion",
        "stage",
        {
            Action.VERSION_REGISTERED: (Stage.CANDIDATE,),
            Action.VERSION_CHALLENGES: (Stage.CHALLENGER,),
            Action.VERSION_PROMOTED: (Stage.PRODUCTION,),
            Action.VERSION_RETURNED: (Stage.PRODUCTION,),
            Action.VERSION_SUPERSEDED: (Stage.SUPERSEDED,),
            Action.VERSION_RETIRED: (Stage.RETIRED,),
        },
        Action.VERSION_REGISTERED,
    ),
    States(
        "workflows.ChangeRequest",
        "state",
        {
            Action.CHANGE_REQUESTED: (ChangeState.PENDING,),
            Action.CHANGE_APPROVED: (ChangeState.APPROVED,),
            Action.CHANGE_COMPLETED: (ChangeState.COMPLETED,),
            Action.CHANGE_REJECTED: (ChangeState.REJECTED,),
            Action.CHANGE_WITHDRAWN: (ChangeState.WITHDRAWN,),
            Action.CHANGE_EXPIRED: (ChangeState.EXPIRED,),
            Action.CHANGE_FAILED: (ChangeState.FAILED,),
        },
        Action.CHANGE_REQUESTED,
    ),
    States(
        "workflows.Arrangement",
        "state",
        {
            Action.ARRANGEMENT_BEGUN: (ArrangementState.ACTIVE, ArrangementState.RENEWED),
            Action.ARRANGEMENT_EXPIRED: (ArrangementState.EXPIRED,),
            Action.ARRANGEMENT_CLOSED: (ArrangementState.CLOSED,),
        },
        Action.ARRANGEMENT_BEGUN,
    ),
    States(
        "inventory.Use",
        "state",
        {
            Action.USE_PROPOSED: (UseState.PROPOSED,),
            Action.USE_APPROVED: (UseState.APPROVED, UseState.LIVE, UseState.RESTRICTED, UseState.SUSPENDED),
            Action.USE_APPROVAL_ENDED: tuple(state for state in UseState if state != UseState.ENDED),
            Action.USE_STARTED: (UseState.LIVE,),
            Action.USE_RESTRICTED: (UseState.RESTRICTED,),
            Action.USE_SUSPENDED: (UseState.SUSPENDED,),
            Action.USE_RESTORED: (UseState.LIVE,),
            Action.USE_ENDED: (UseState.ENDED,),
        },
        Action.USE_PROPOSED,
    ),
    States(
        "workflows.Finding",
        "state",
        {
            Action.FINDING_DRAFTED: (FindingState.DRAFT,),
            Action.FINDING_RAISED: (FindingState.ISSUED,),
            Action.FINDING_ANSWERED: (FindingState.ACTION_PLAN_DUE,),
            Action.FINDING_REBUTTED: (FindingState.REBUTTED,),
            Action.FINDING_UPHELD: (FindingState.ACTION_PLAN_DUE,),
            Action.FINDING_DROPPED: (FindingState.DROPPED,),
            Action.FINDING_PLANNED: (FindingState.ACTION_PLAN_REVIEW,),
            Action.FINDING_PLAN_REVIEWED: (FindingState.OPEN, FindingState.ACTION_PLAN_DUE),
            Action.FINDING_SUBMITTED: (FindingState.SUBMITTED_FOR_CLOSURE,),
            Action.FINDING_RETURNED: (FindingState.OPEN,),
            Action.FINDING_VALIDATED: (FindingState.VALIDATED_CLOSED,),
            Action.FINDING_CLOSED: (FindingState.CLOSED,),
            Action.FINDING_RISK_ACCEPTED: (FindingState.RISK_ACCEPTED,),
            Action.FINDING_REOPENED: (FindingState.ACTION_PLAN_DUE,),
        },
        Action.FINDING_RAISED,
    ),
    States(
        "workflows.ValidationRequest",
        "state",
        {
            Action.VALIDATION_REQUESTED: (ValidationState.INTAKE,),
            Action.VALIDATION_MOVED: (ValidationState.PLANNING, ValidationState.IN_PROGRESS, ValidationState.ON_HOLD),
            Action.OPINION_GIVEN: (ValidationState.REVIEW,),
            Action.OPINION_REVIEWED: (ValidationState.PENDING_APPROVAL,),
            Action.OPINION_APPROVED: (ValidationState.APPROVED,),
            Action.OPINION_VOIDED: (ValidationState.IN_PROGRESS, ValidationState.RETURNED),
            Action.VALIDATION_CANCELLED: (ValidationState.CANCELLED,),
        },
        Action.VALIDATION_REQUESTED,
    ),
    States(
        "workflows.Retirement",
        "state",
        {
            Action.RETIREMENT_BEGUN: (RetirementState.EXECUTING,),
            Action.RETIREMENT_VERIFIED: (RetirementState.VERIFIED,),
            Action.RETIREMENT_RETURNED: (RetirementState.EXECUTING,),
            Action.RETIREMENT_SIGNED: (RetirementState.RETIRED,),
            Action.RETIREMENT_ARCHIVED: (RetirementState.ARCHIVED,),
            Action.RETIREMENT_ABANDONED: (RetirementState.ABANDONED,),
        },
        Action.RETIREMENT_BEGUN,
    ),
    States(
        "workflows.Attestation",
        "state",
        {
            Action.ATTESTATION_OPENED: (AttestationState.OPEN,),
            Action.ATTESTATION_GIVEN: (AttestationState.GIVEN,),
            Action.ATTESTATION_WITHDRAWN: (AttestationState.WITHDRAWN,),
        },
        Action.ATTESTATION_OPENED,
    ),
    States(
        "reports.Report",
        "state",
        {
            Action.REPORT_REQUESTED: (ReportState.REQUESTED,),
            Action.REPORT_ISSUED: (ReportState.SEALED,),
            Action.REPORT_FAILED: (ReportState.FAILED,),
            Action.REPORT_SIGNED: (ReportState.SIGNED,),
            Action.REPORT_PUBLISHED: (ReportState.PUBLISHED,),
            Action.REPORT_SUPERSEDED: (ReportState.SUPERSEDED,),
        },
        Action.REPORT_REQUESTED,
    ),
    States("inventory.Cadence", "", {Action.CADENCE_LOOSENED: ()}, Action.CADENCE_TIGHTENED),
    *(
        States(label, "", {}, since)
        for label, since in (
            ("inventory.ReferenceData", Action.REFERENCE_RECEIVED),
            ("inventory.PredictionBatch", Action.BATCH_RECEIVED),
            ("inventory.OutcomeBatch", Action.OUTCOMES_RECEIVED),
            ("inventory.Source", Action.SOURCE_REGISTERED),
            ("assessments.Plan", Action.PLAN_CREATED),
            ("assessments.Breach", Action.BREACH_OPENED),
            ("workflows.Delegation", Action.DELEGATION_GIVEN),
            ("accounts.Person", Action.PERSON_CREATED),
            ("accounts.Token", Action.TOKEN_ISSUED),
        )
    ),
)
# Rows, and the last entries that moved them, side by side: one without the other, or in disagreement.
COMPARED = """
    SELECT coalesce(%(label)s || ':' || kept.id::text, last.subject), {column}, last.action, last.position
    FROM {table} AS kept
    FULL JOIN (
        SELECT DISTINCT ON (subject) subject, action, position FROM trail_entry
        WHERE action = ANY(%(actions)s) AND starts_with(subject, %(label)s || ':') ORDER BY subject, position DESC
    ) AS last ON last.subject = %(label)s || ':' || kept.id::text
    WHERE kept.id IS NULL OR last.subject IS NULL
       OR {column} <> '' AND last.action || '=' || {column} <> ALL(%(allowed)s)
    LIMIT %(most)s
"""


@dataclass(frozen=True)
class Comparison:
    """One kind of row held against the trail: what it is about, and what finds the first rows that disagree."""

    about: str
    find: Callable[[], Iterable[str]]


def disagreements() -> list[str]:
    """Rows that do not say what the trail says of them, in words; the first so many of each kind."""
    return [told for comparison in COMPARISONS for told in comparison.find()]


def _in_states(one: States) -> list[str]:
    table = apps.get_model(one.label)._meta.db_table
    column = f"coalesce(kept.{one.column}, '')" if one.column else "''"
    given = {
        "label": one.label,
        "actions": [*one.after, one.since],
        "allowed": [f"{action}={state}" for action, states in one.after.items() for state in states],
        "most": MOST_NAMED,
    }
    with connection.cursor() as cursor:
        cursor.execute(COMPARED.format(table=table, column=column), given)
        return [_told(one, *row) for row in cursor.fetchall()]


def _told(one: States, subject: str, state: str, action: str | None, position: int | None) -> str:
    if action is None:
        return f"No entry says how {subject} came about."
    if not state:
        return f"{subject} is gone, of which entry {position} tells."
    return f"{subject} is {state}, which is not where the last entry about it, {position} ({action}), left it."


def _first(found: Callable[[], Iterator[str]]) -> Iterator[str]:
    return islice(found(), MOST_NAMED)


def _unrecorded() -> Iterator[str]:
    for person, kind in unrecorded_factors():
        yield f"{person} has a {kind} that no entry says they enrolled."
    for person, kind in vanished_factors():
        yield f"What {person} has as {kind} is not what the entries about it say: it is gone, or was put there."


COMPARISONS = (
    *(
        Comparison(f"Where every {apps.get_model(one.label)._meta.verbose_name} stands", partial(_in_states, one))
        for one in STATES
    ),
    *(Comparison("What only an entry makes so", partial(unsaid, *one, MOST_NAMED)) for one in UNSAID.items()),
    *(Comparison(about, partial(_first, found)) for about, found in RECOMPUTED.items()),
    Comparison("What the register says about models and uses", partial(differing, MOST_NAMED)),
    Comparison("What only a decision brings about", partial(undecided, MOST_NAMED)),
    Comparison("Who enrolled which passkey, app and single sign-on", partial(_first, _unrecorded)),
)
