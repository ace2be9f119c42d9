"""A legal hold: nothing about a model is deleted until the matter is over; CRO and audit place and release it."""

from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import arrangements
from audits.workflows.services.kinds.kind import ChangeKind, Term
from mrm.accounts.policies import Permission, Role

DECIDED_BY = (Role.CHIEF_RISK_OFFICER, Role.AUDITOR)  # governance.md, section 7, rule 15: whatever the policy says.


def _why_not_hold(change: ChangeRequest) -> list[str]:
    same = Arrangement.objects.on_hold().filter(model=change.model, terms__matter=change.terms["matter"])
    return [f"{one.reference} already holds everything for this matter." for one in same[:1]]


def _hold(change: ChangeRequest, actor) -> str:
    hold = arrangements.begin(
        change, Arrangement.Kind.LEGAL_HOLD, title=change.terms["matter"], ends_at=None, actor=actor
    )
    return f"{hold.reference} keeps everything about {change.model} until it is released."


LEGAL_HOLD = ChangeKind(
    about="model",
    purpose="Keep everything about a model, its versions, data and reports, because a dispute or an inquiry needs it.",
    if_approved="From then on nothing of it is deleted by anybody, however long the policy keeps records.",
    if_not="Records are kept for as long as the policy says.",
    terms=(
        Term(name="matter", label="Matter", shape="line", help="The dispute or inquiry, and its file number."),
        Term(name="scope", label="What it needs", help="Which records matter most; the hold keeps all of them."),
    ),
    why_not=_why_not_hold,
    carry_out=_hold,
    at_stake=lambda change: f"{change.model_id}:{change.terms['matter']}"[:200],
    asked_by=Permission.REQUEST_LEGAL_HOLD,
    decided_by=DECIDED_BY,
    also_of_retired=True,
)


def _held(change: ChangeRequest) -> dict[str, str]:
    return {one.reference: str(one) for one in Arrangement.objects.on_hold().filter(model=change.model)}


def _hold_of(change: ChangeRequest) -> Arrangement:
    return Arrangement.objects.get(reference=change.terms["hold"], model=change.model)


def _why_not_release(change: ChangeRequest) -> list[str]:
    hold = _hold_of(change)
    return [] if hold.reference in _held(change) else [f"{hold.reference} is {hold.state}."]


def _release(change: ChangeRequest, actor) -> str:
    hold = arrangements.locked(_hold_of(change))
    arrangements.release(hold, because=f"Released by {change.reference}.", actor=actor)
    return f"{hold.reference} is released; what the policy asks to keep is kept."


HOLD_RELEASE = ChangeKind(
    about="model",
    purpose="Release a legal hold, because the matter is over.",
    if_approved="Records are kept for as long as the policy says, unless another hold keeps them.",
    if_not="Everything stays on hold.",
    terms=(
        Term(name="hold", label="Hold", shape="choice", choices=_held),
        Term(name="ended", label="How the matter ended", help="Who said so, and where that is written."),
    ),
    why_not=_why_not_release,
    carry_out=_release,
    at_stake=lambda change: change.terms["hold"],
    asked_by=Permission.REQUEST_LEGAL_HOLD,
    decided_by=DECIDED_BY,
    also_of_retired=True,
)
