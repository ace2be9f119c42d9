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
from audits.workflows.states import ArrangementState, ChangeState
from inventory.states import Stage, Status
from mrm.accounts.services import unrecorded_factors
from reports.contents.descriptions import differing
from reports.contents.undecided import undecided

MOST_NAMED = 20


@dataclass(frozen=True)
class States:
    """What a row may say after the last entry that moved it; `column` empty where only its being there counts."""

    label: str
    column: str
    after: dict[Action, tuple[str, ...]]
    since: Action  # The entry that every such row begins with.


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
    States("inventory.Use", "", {}, Action.USE_PROPOSED),
    States("workflows.Finding", "", {}, Action.FINDING_RAISED),
    States("reports.Report", "", {}, Action.REPORT_REQUESTED),
    States("accounts.Person", "", {}, Action.PERSON_CREATED),
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
# What may be so only because an entry says it: rows that lack it.
UNSAID = {
    "the model {} is in use, and no entry says that any version of it was put into production": """
        SELECT model.slug FROM inventory_model model WHERE model.status IN ('in_use', 'restricted', 'suspended')
        AND NOT EXISTS (SELECT FROM trail_entry WHERE model_slug = model.slug AND action = 'version.promoted')""",
    "the tier of the model {} is not the one that the last entry about it says": """
        SELECT model.slug FROM inventory_model model JOIN LATERAL (
            SELECT details ->> 'tier' AS tier FROM trail_entry
            WHERE subject = 'inventory.Model:' || model.id AND details ? 'tier' ORDER BY position DESC LIMIT 1
        ) last ON last.tier <> model.tier::text""",
    "the finding {} is closed, and no entry says so": """
        SELECT finding.reference FROM workflows_finding finding WHERE finding.state = 'closed'
        AND NOT EXISTS (SELECT FROM trail_entry
                        WHERE subject = 'workflows.Finding:' || finding.id AND action = 'finding.closed')""",
    "the decision {} is not the one that its entry says, or has none": """
        SELECT decision.id::text FROM workflows_decision decision WHERE NOT EXISTS (
            SELECT FROM trail_entry WHERE action = 'change.decided'
            AND subject = 'workflows.ChangeRequest:' || decision.change_id
            AND details ->> 'decision' = decision.id::text AND actor_id = decision.person_id::text
            AND (details ->> 'approved')::boolean = decision.approved AND details ->> 'role' = decision.role)""",
    "{} holds a role that no entry says was granted": """
        SELECT person.display_name || ' (' || held.role || ')' FROM (
            SELECT person_id, role, count(*) AS roles FROM accounts_rolegrant WHERE state = 'granted'
            GROUP BY person_id, role) held
        JOIN accounts_person person ON person.id = held.person_id
        WHERE held.roles > (SELECT count(*) FROM trail_entry WHERE subject = 'accounts.Person:' || held.person_id
                            AND action = 'role.granted' AND details ->> 'role' = held.role)""",
    "the report {} is not the file that its entry says": """
        SELECT report.reference FROM reports_report report WHERE report.state = 'sealed' AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'reports.Report:' || report.id AND action = 'report.issued'
            AND details ->> 'sha256' = report.pdf_sha256)""",
}


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
        "actions": [*one.after, one.since] if one.column else [one.since],
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


def _unsaid(sentence: str, statement: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} LIMIT %s", [MOST_NAMED])
        for (which,) in cursor.fetchall():
            told = sentence.format(which)
            yield f"{told[:1].upper()}{told[1:]}."


def _unrecorded() -> Iterator[str]:
    for person, kind in islice(unrecorded_factors(), MOST_NAMED):
        yield f"{person} has a {kind} that no entry says they enrolled."


COMPARISONS = (
    *(
        Comparison(f"Where every {apps.get_model(one.label)._meta.verbose_name} stands", partial(_in_states, one))
        for one in STATES
    ),
    *(Comparison("What only an entry makes so", partial(_unsaid, *one)) for one in UNSAID.items()),
    Comparison("What the register says about models and uses", partial(differing, MOST_NAMED)),
    Comparison("What only a decision brings about", partial(undecided, MOST_NAMED)),
    Comparison("Who enrolled which passkey and single sign-on", _unrecorded),
)
