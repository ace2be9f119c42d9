"""docs/changes.md: every kind of change, from the table that the services decide by."""

from audits.workflows.gates.gate import OF_ANOTHER_VERSION, PASSED_OVER_IN_ROLLBACK
from audits.workflows.models import ChangeRequest
from audits.workflows.services.kinds import KINDS
from demo.documents.tables import table
from inventory.policies import CLAUSES, TIERS, roles_required, standard
from mrm.pages.wording import roles_together

PREFACE = """# Kinds of change

*Written by `make docs` from the kinds of change and the standard policy; edit those. Who decides what weighs more, and
who decides in a small firm: [the policies that are shipped](policies.md).*

Whatever matters is asked for by a change request: what is said and shown is frozen, its digest is signed by the people
whom the policy names, and the last approval carries it out. Whoever asked, owns the model, owned it in the last twelve
months, registered or trained the version (what is in production, where it is about the model as a whole, and what its
finding is about), or has decided already does not decide, whatever their roles; the database refuses it too.

What is asked for holds until it is approved: where the tier or the policy asks for more approvals by then, the request
is withdrawn and asked for anew, and evidence that changed, or a part that somebody who decided took in it since, voids
what was signed. Whoever is asked again is shown what the same request came to before.

What holds for a time ends by itself. Then the use of the model is restricted, once, and stays so until somebody puts in
order what rested on it. A suspension is ordered by one person and has no end; two lift it.

A legal hold has no end either. While a model is on hold nothing about it is deleted, by the services or past them: none
of its plans, breaches and sources, and nothing that MLflow clients said of it. Everything else, such as versions, data,
runs, findings, decisions and reports, is never deleted at all, and no service deletes a stored file. The hold outlives
the model's retirement, and the page *Hygiene* names what has been on hold for longer than the policy says
(`hygiene.holds_reviewed_after_days`).

A promotion, an emergency release and a retraining change what is in use, so each is **material or not**. The class is
proposed when it is asked for, from eight criteria: method, drivers, data sources, target, uses, reference population,
how far the mean output moves and how many cases change class; the last three against the limits of the policy's section
`change_classes`, where an interval that reaches beyond a limit counts as beyond it. Each is looked at twice: against
the version in use, and against what the last full validation looked at (where nothing was validated in full, what was
in use first). Where no rows were scored by both of those, the steps between them are added up. What could not be
measured counts as material. The second line confirms the class or raises it, and whoever approves signs it with the
evidence; nobody lowers it, and it holds for that version and its artifact however often it is asked for. The policy
says who else approves a material change, and in which tiers it asks for a validation by itself. A first version changes
nothing and has no class.

What each kind asks for, as a program reads it: `GET /api/v1/change-kinds/`.
"""

ROLL_BACK = """Going back at once to the version that was in production before asks the same gate. It passes over what
is named here, a clause standing for all that begin with it, and keeps on record what that was; anything else keeps the
version out."""


def kinds_of_change() -> str:
    sections = "".join(_section(kind) for kind in KINDS)
    clauses = table(["Clause", "What it requires"], [(f"`{name}`", words) for name, words in CLAUSES.items()])
    passed_over = [(f"`{clause}`", why) for clause, why in PASSED_OVER_IN_ROLLBACK.items()]
    passed_over.append(("`findings.critical`, of another version", OF_ANOTHER_VERSION))
    return (
        f"{PREFACE}{sections}\n## What an exception can be made from\n\nWhere the policy allows it.\n\n{clauses}\n"
        f"\n## What a roll-back passes over\n\n{ROLL_BACK}\n\n{table(['Blocker of the gate', 'Why'], passed_over)}\n"
    )


def _section(name: str) -> str:
    kind = KINDS[name]
    rows = [
        ("About", f"a {kind.about}" if kind.about != "policy" else "the policy"),
        ("Asks for", "; ".join(_term(term) for term in kind.terms) or "the reason"),
        ("Decided by", _deciders(name)),
        ("If approved", kind.if_approved),
        ("If not", kind.if_not),
    ]
    rows += [("When its time is over", kind.on_lapse)] if kind.on_lapse else []
    return f"\n## {ChangeRequest.Kind(name).label}\n\n{kind.purpose}\n\n{table(['', ''], rows)}\n"


def _term(term) -> str:
    return f"{term.label.lower()} (`{term.name}`{'' if term.required else ', may be left out'})"


def _deciders(name: str) -> str:
    """Under the standard policy, the tiers that agree together; or whatever the policy says."""
    if fixed := KINDS[name].decided_by:
        return f"{roles_together(fixed)}, whatever the policy says"
    required = {tier: roles_required(standard(), name, int(tier)) for tier in TIERS}
    of_tier = {tier: roles_together(roles) for tier, roles in required.items()}
    if len(set(of_tier.values())) == 1:
        return of_tier["1"]
    return "; ".join(f"tier {tier}: {roles}" for tier, roles in of_tier.items())
