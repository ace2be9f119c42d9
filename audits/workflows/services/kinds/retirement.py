"""Retirement: a model ends, once its checklist is answered and nobody relies on it any more."""

from audits.workflows.gates import blockers_for_retirement
from audits.workflows.models import Arrangement, ChangeRequest, Finding
from audits.workflows.services.checklists import begin_retirement
from audits.workflows.services.kinds.kind import ChangeKind, Term, the_model
from inventory.contents.dependencies import consumers_of
from inventory.models import Model, Policy
from inventory.states import UseState

OTHER = "other"
CAUSES = {
    "replaced": "Replaced by another model",
    "merged": "Merged into another model",
    "business_exit": "The business it served has ended",
    "below_threshold": "Too small to be worth a model",
    "performance_failure": "It failed and is not repaired",
    "data_sunset": "Its data are no longer delivered",
    "regulation": "Regulation no longer allows it, or asks for it",
    OTHER: "Another one, which the reason of the request tells",
}


def checklist(change: ChangeRequest) -> dict[str, str]:
    """What the policy asks for, by the item's name."""
    return {entry["item"]: entry["asks"] for entry in Policy.objects.in_force().section("retirement")["checklist"]}


def _why_not(change: ChangeRequest) -> list[str]:
    reasons = blockers_for_retirement(change.model)
    successor = change.terms.get("successor")
    if change.terms.get("cause") in ("replaced", "merged") and not successor:
        reasons.append("Name the model that takes its place.")
    if successor:
        others = Model.objects.filter(workspace=change.model.workspace_id).exclude(pk=change.model_id)
        model = others.filter(slug=successor).first()
        if model is None:
            reasons.append(f"There is no other model {successor} in this workspace to take its place.")
        elif not model.production_version():
            reasons.append(f"{model}, which is to take its place, has no version in production.")
    return reasons


def _impact(change: ChangeRequest) -> dict:
    """What ends with the model."""
    standing = Arrangement.objects.ending_with_a_model().filter(model=change.model)
    return {
        "impact": {
            "versions": list(change.model.versions.order_by("number").values_list("number", flat=True)),
            "uses": [str(use.title) for use in change.model.uses.exclude(state=UseState.ENDED)],
            "findings": list(Finding.objects.open().filter(model=change.model).values_list("reference", flat=True)),
            "models_downstream": [str(reached.model) for reached in consumers_of(change.model)],
            "arrangements": list(standing.order_by("reference").values_list("reference", flat=True)),
        }
    }


def _begin(change: ChangeRequest, actor) -> str:
    """Nothing ends yet: first the checklist is carried out, seen to be, and signed."""
    begin_retirement(change, asked=checklist(change), actor=actor)
    return ""


RETIREMENT = ChangeKind(
    about="model",
    purpose="End a model and all its versions.",
    if_approved="The checklist is carried out with evidence, an engineer verifies it, the owner agrees and the second "
    "line signs: then the model and all its versions are retired. They stay in the register.",
    if_not="The model stays as it is.",
    terms=(
        Term(name="cause", label="Cause", shape="choice", choices=lambda change: CAUSES),
        Term(
            name="successor",
            label="What takes its place",
            shape="line",
            required=False,
            help="Slug of the model; needed where it is replaced or merged. It must be in production.",
        ),
        Term(
            name="checklist",
            label="Checklist",
            shape="answers",
            choices=checklist,
            help="What is done or will be. The evidence of each is given when it is carried out.",
        ),
        Term(name="retained_until", label="Records are kept until", shape="day", required=False),
    ),
    why_not=_why_not,
    evidence=_impact,
    carry_out=_begin,
    at_stake=the_model,
)
