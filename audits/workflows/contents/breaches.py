"""What is asked of somebody about red breaches: the next step of each, from the day it opens until it is closed."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from audits.assessments.models import Breach, BreachStep
from audits.assessments.states import BreachState
from audits.statistics.limits import Verdict
from audits.workflows.contents.asked import MOST_OF_A_KIND, Task
from audits.workflows.models import ChangeRequest, Finding
from audits.workflows.states import ENDED_FINDINGS, ChangeState
from inventory.contents.making import made_among
from inventory.contents.ownership import held_lately
from inventory.models import ModelVersion
from mrm.accounts.policies import Permission
from mrm.pages import wording

JUDGED = (BreachState.ROOT_CAUSE, BreachState.DECIDED)  # Where the second line is awaited.


def breach_tasks(person, models) -> Iterator[Task]:
    """Red breaches of these models at the step that is asked of this person, those of one version together."""
    under_way = ChangeRequest.objects.filter(
        version=OuterRef("version"), state__in=(ChangeState.PENDING, ChangeState.APPROVED)
    )
    answered = Finding.objects.filter(breach=OuterRef("pk")).exclude(state__in=ENDED_FINDINGS)
    decided = BreachStep.objects.filter(breach=OuterRef("pk"), kind=BreachStep.Kind.DECISION)
    red = (
        Breach.objects.open()
        .filter(version__model__in=models, verdict=Verdict.RED)
        .annotate(is_in_hand=Exists(under_way) | Exists(answered))
        .filter(Q(is_in_hand=False) | Exists(decided))
        .select_related("version__model")
        .prefetch_related("steps")
        .order_by("opened_at")
    )
    red, together = list(red[: 4 * MOST_OF_A_KIND]), defaultdict(list)
    others_judge = _judged_by_others({breach.version for breach in red if breach.state in JUDGED}, person)
    for breach in red:
        if asked := _asked(breach, person, others_judge=breach.version in others_judge):
            together[breach.version, asked].append(breach)
    for (version, (what, why, action)), breaches in together.items():
        first, others = breaches[0], len(breaches) - 1
        about = wording.case(first.measure, first.column, first.segment)
        yield Task(
            icon="alert",
            what=f"{what}: {about}" + (f" and {others} more" if others else ""),
            why=f"{version}. {why}",
            brief=f"Red breach of {version}",
            action=action,
            address=reverse("breach", args=[first.pk]),
            since=first.opened_at,
        )


def _judged_by_others(versions: set[ModelVersion], person) -> set[ModelVersion]:
    """Those that this person made, or whose model they own or develop, or did until lately."""
    found, models = made_among(versions, person), {version.model for version in versions}
    for office in ("owner", "developer"):
        lately = held_lately(models, person, office=office)
        found |= {one for one in versions if getattr(one.model, f"{office}_id") == person.pk}
        found |= {one for one in versions if str(one.model_id) in lately}
    return found


def _asked(breach: Breach, person, *, others_judge: bool) -> tuple[str, str, str] | None:
    """What this person should do about it now, why, and the word of the button.

    others_judge  whatever they may, because of what they had to do with the version
    """
    model = breach.version.model
    owns = model.owner_id == person.pk
    may = person.permissions_in(model.workspace_id, model.slug)
    judges = Permission.CLOSE_FINDING in may and not others_judge
    if breach.state == BreachState.DECIDED:
        return _asked_once_decided(breach, judges=judges, owns=owns)
    if not owns and Permission.RAISE_FINDING not in may:
        return None
    if breach.state == BreachState.OPEN:
        return "Take up the red breach", "Ask for retraining, raise a finding, or close it with a reason.", "Diagnose"
    if breach.state == BreachState.TRIAGED:
        return "Say the root cause of the red breach", "It is taken up; what caused it is not said yet.", "Diagnose"
    return ("Decide on the red breach", "Its root cause is said.", "Decide") if judges else None


def _asked_once_decided(breach: Breach, *, judges: bool, owns: bool) -> tuple[str, str, str] | None:
    """The second line closes it when that is done; until something is asked for, the owner is to ask for it."""
    decision = list(breach.steps.all())[-1]
    told = f"Decided: {decision.get_decision_display().lower()}."
    if judges:
        so_far = "What is asked for on it is not ended yet." if breach.is_in_hand else "Nothing is under way on it now."
        return "Close the red breach once that is done", f"{told} {so_far}", "Close it once done"
    if owns and not breach.is_in_hand and decision.decision != BreachStep.Decision.NO_ACTION:
        return "Have done what was decided on the red breach", f"{told} Nothing is under way on it now.", "Have it done"
    return None
