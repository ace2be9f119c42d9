"""docs/policies.md: who decides under the policies that are shipped, and in what they differ."""

from demo.documents.tables import table
from inventory.policies import TIERS, differences, name_of, preset, standard
from mrm.pages.wording import roles_together, sentence

PREFACE = """# The policies that are shipped

*Written by `make docs` from the policies themselves; edit those.*

An installation begins with one of two policies; `FIRST_POLICY` ([settings](settings.md)) says with which. From then on
the policy changes only by a decision. Either is proposed like any other document, on the page of the policy under
*Propose as JSON*, which fills in the one that is chosen; who decides about it sees every difference in a sentence.

**The standard policy** decides as model risk departments do: in tier 1 a committee votes, with a quorum of three, the
second line among them; in tier 2 model risk management and the chief risk officer decide, in tier 3 and for what is
exempt the head of validation and a risk officer. Validators give opinions and decide nothing. Where a version decides
about natural persons or uses their data, compliance agrees as well, so that its no keeps the version out. What weighs
more is decided higher up: an exception from one of the clauses in `exceptions.severe`, an overlay that moves the output
by `overlays.material_percent` or more, and a high finding that is lived with.

Whatever a policy says, nobody decides alone, except that one person stops what is in use. So where one office would do,
a second one signs: the head of validation for the opinion that the second line gives. There is no role for the business
executive of tier 2; the chief risk officer decides in their place.

**By passkey only** is signed what `signatures.passkey` names with its tiers: any kind of request, and what one person
does by their signature, such as `suspension`, `tier_confirmation`, `finding_closure` or `validation`. The services and
the database ask for it. Where anything is named, a delegation is signed by passkey, too. The standard policy names
nothing.

**What a register must not let grow old** is policy, too: `hygiene` says after how many days without predictions or
outcomes a model in use is named, when a legal hold is looked at again, and how long after its window an assessment may
come in before coverage says that there is none; `doubts` names what of a model and of its uses casts doubt on a
confirmed tier when it changes. A policy from before has these as the standard policy does.

**The policy of a small firm** asks for two signatures, a validator's and a risk officer's, in nearly every kind and
tier: for a firm that has neither a committee nor a head of validation. What weighs most there (an exception or an
accepted risk in tier 1, still more time for a finding) a risk officer and the chief risk officer sign.

A policy that says nothing of a kind, because it was published before there was that kind, decides it as that of a small
firm does; one that does not tell apart what weighs more decides both alike. A whole section that a policy lacks,
because it is older than the section, is the standard policy's, also where the policy began as that of a small firm:
validators, who order suspensions there, order none until a policy is published that names them.
"""


def shipped_policies() -> str:
    found = differences(standard(), preset("small-firm"))
    rows = [(one.sentence, {True: "yes", False: "no", None: ""}[one.loosens]) for one in found]
    return (
        f"{PREFACE}{_approvals('The standard policy', standard())}{_approvals('A small firm', preset('small-firm'))}"
        f"\n## What a small firm has otherwise\n\n{table(['From the standard policy', 'Loosens'], rows)}\n"
    )


def _approvals(title: str, document: dict) -> str:
    rows = [
        (sentence(name_of(kind)), *(roles_together(per_tier[tier]) if tier in per_tier else "" for tier in TIERS))
        for kind, per_tier in document["approvals"].items()
    ]
    heads = ["Change", *(f"Tier {tier}" for tier in TIERS)]
    return f"\n## {title}: whose approval\n\nEach by another person.\n\n{table(heads, rows)}\n"
