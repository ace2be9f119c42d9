"""docs/states.md: the life of everything that has states, drawn from the tables the services move it by."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from audits.assessments import states as assessments
from audits.workflows import states as workflows
from inventory import states as inventory
from mrm.accounts import states as accounts
from reports import states as reports

PREFACE = """# States

*Written by `make docs` from the tables of transitions; edit those.*

Everything that has a state moves by one table, in one function, inside `governed()`. An event that the table does not
allow in the present state is refused with a sentence; nobody sets a state anywhere else.
"""


@dataclass(frozen=True)
class Life:
    """One thing that has states, and the table that moves it.

    begins  where a life may begin; left out, in the first of its states
    """

    name: str
    meaning: str
    where: str
    states: type[StrEnum]
    transitions: Mapping[tuple[StrEnum, str], StrEnum]
    begins: tuple[StrEnum, ...] = ()

    @property
    def beginnings(self) -> tuple[StrEnum, ...]:
        return self.begins or tuple(self.states)[:1]


LIVES = (
    Life(
        "Breach",
        "Each step is kept, one beside the other. Only the second line decides and closes; closing with a reason alone "
        "is the decision to do nothing. A promotion closes what was open on the version before. What stays red and "
        "unanswered raises a finding by itself.",
        "audits/assessments/states.py",
        assessments.BreachState,
        assessments.BREACH_TRANSITIONS,
    ),
    Life(
        "Model",
        "A model is in use while one of its versions is in production; restricted when something it rested on has "
        "lapsed; suspended when one person stopped it, until two let it run again.",
        "inventory/states.py",
        inventory.Status,
        inventory.MODEL_TRANSITIONS,
    ),
    Life(
        "Version",
        "At most one version of a model is in production; promoting another supersedes it, and a roll-back returns the "
        "one that was approved before.",
        "inventory/states.py",
        inventory.Stage,
        inventory.VERSION_TRANSITIONS,
    ),
    Life(
        "Use",
        "A use is live only while the version in production is approved for it; else it is restricted at once. "
        "A use whose last approval ended before it began is a proposal again.",
        "inventory/states.py",
        inventory.UseState,
        inventory.USE_TRANSITIONS,
    ),
    Life(
        "Tier",
        "Proposed by the scorecard, confirmed by signature; the next confirmation supersedes it, and an exemption that "
        "nobody confirms again lapses.",
        "inventory/states.py",
        inventory.TierState,
        inventory.TIER_TRANSITIONS,
    ),
    Life(
        "Policy draft",
        "Published by a request that others decide, or taken back with a reason.",
        "inventory/states.py",
        inventory.DraftState,
        inventory.DRAFT_TRANSITIONS,
    ),
    Life(
        "Survey",
        "A sheet without a fault is imported whole, in one transaction, or not at all.",
        "inventory/states.py",
        inventory.SurveyState,
        inventory.SURVEY_TRANSITIONS,
        begins=(inventory.SurveyState.FAULTY, inventory.SurveyState.CHECKED),
    ),
    Life(
        "Run",
        "A running run is claimed again when its worker was lost; only the latest attempt may write results.",
        "audits/assessments/states.py",
        assessments.RunState,
        assessments.TRANSITIONS,
    ),
    Life(
        "Attestation",
        "Opened on the cadence of the model's tier, once per cycle; given by the owner and nobody else.",
        "audits/workflows/states.py",
        workflows.AttestationState,
        workflows.ATTESTATION_TRANSITIONS,
    ),
    Life(
        "Change request",
        "Approved means decided; completed means carried out. A retraining or a retirement takes its time in between.",
        "audits/workflows/states.py",
        workflows.ChangeState,
        workflows.CHANGE_TRANSITIONS,
    ),
    Life(
        "Retirement",
        "What an approved request for retirement becomes; the second line's signature ends the model.",
        "audits/workflows/states.py",
        workflows.RetirementState,
        workflows.RETIREMENT_TRANSITIONS,
    ),
    Life(
        "Retraining",
        "What an approved request for retraining becomes.",
        "audits/workflows/states.py",
        workflows.RetrainingState,
        workflows.RETRAINING_TRANSITIONS,
    ),
    Life(
        "Finding",
        "The second line issues, the first line answers, plans, carries out and submits, the second line closes. A "
        "critical or high one is validated after its test was done again and closed by another's signature; a low one "
        "needs no plan where the policy says so. When an accepted risk ends, a plan is due again.",
        "audits/workflows/states.py",
        workflows.FindingState,
        workflows.FINDING_TRANSITIONS,
        begins=(workflows.FindingState.DRAFT, workflows.FindingState.ISSUED),
    ),
    Life(
        "Validation request",
        "The lead signs the opinion, the second validator reviews it, the head of validation approves it. Any change "
        "of what was signed voids it and gives the work back to the lead.",
        "audits/workflows/states.py",
        workflows.ValidationState,
        workflows.VALIDATION_TRANSITIONS,
    ),
    Life(
        "Role",
        "A role gives nothing until a second person approves it; what the installation itself gives holds at once. It "
        "also ends at its date, without a change of state.",
        "mrm/accounts/states.py",
        accounts.GrantState,
        accounts.GRANT_TRANSITIONS,
        begins=(accounts.GrantState.PROPOSED, accounts.GrantState.GRANTED),
    ),
    Life(
        "Arrangement",
        "An approval, a condition, an exception, an overlay, an accepted risk, an emergency release or a suspension. "
        "When one expires the use of its model is restricted, or the version that it is about and that is not in use "
        "stays out of production, until somebody puts in order what rested on it.",
        "audits/workflows/states.py",
        workflows.ArrangementState,
        workflows.ARRANGEMENT_TRANSITIONS,
    ),
    Life(
        "Report",
        "Rendered and sealed in one step. A risk officer signs it, or several do; the second line publishes what is "
        "signed. Publishing one of the same model and kind that reaches as far supersedes it, and its file stays. One "
        "that failed stays so with its reason, and another is asked for.",
        "reports/states.py",
        reports.ReportState,
        reports.REPORT_TRANSITIONS,
    ),
)


def state_diagrams() -> str:
    return PREFACE + "".join(_section(life) for life in LIVES)


def _section(life: Life) -> str:
    return f"\n## {life.name}\n\n{life.meaning} Table: `{life.where}`.\n\n```mermaid\n{diagram(life)}\n```\n"


def diagram(life: Life) -> str:
    """A Mermaid state diagram: where a life may begin, and in the states without a way out its end."""
    lines = ["stateDiagram-v2", *(f"    [*] --> {state}" for state in life.beginnings)]
    lines += [f"    {before} --> {after}: {event}" for (before, event), after in life.transitions.items()]
    left = {before for before, _ in life.transitions}
    lines += [f"    {state} --> [*]" for state in life.states if state not in left]
    return "\n".join(lines)
