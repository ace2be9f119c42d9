"""What a gate says: what blocks, what was waived and by what, and what the deciders should know."""

from dataclasses import dataclass, field

from audits.workflows.gates.gathered import Gathered

STAGE, MODEL_STATUS, NOT_FIT, CRITICAL = "stage", "model_status", "not_fit", "findings.critical"
OBJECTED = "objection"  # Of the supervisor.
DOCUMENTATION = "documentation"

# Which blockers going back at once to a version that was approved passes over, and why; a clause stands for all that
# begin with it. Whatever is not named here keeps it out: what the model is stopped for, that the version was found not
# fit, a critical finding about it, and the supervisor's objection to it.
PASSED_OVER_IN_ROLLBACK = {
    STAGE: "It is superseded; that is what going back undoes.",
    "uses": "A live use that it is not approved for is restricted by going back.",
    "tier": "It was approved as what its tier was then; a new tier asks for more at its next approval.",
    "reference_data": "It was approved without, or with an exception from it.",
    "assessment": "What is out of use is not assessed; what was measured of it led to its approval.",
    "verdict": "What was red was known when it was approved, or came of traffic that it did not decide about.",
    "undecided": "What was undecided was known when it was approved.",
    "findings.high": "A high finding has its day, on which it is put right whichever version serves.",
    "documentation": "What the register lacks is said of the model, whichever version serves.",
    "validation": "It was approved with the validation of its day; the model's own cadence asks for the next.",
    "conditions": "Those of its own approval are asked for by going back itself; others restrict the model.",
    "supervisor": "It was in use before; it waits for no answer a second time.",
    "lapsed": "The model is restricted for it, until it is put in order.",
}
OF_ANOTHER_VERSION = "It is about another version than the one to go back to."


@dataclass(frozen=True)
class Blocker:
    """One reason against, and the clause of the policy that it comes from."""

    clause: str
    text: str
    of_another_version: bool = False

    @property
    def why_passed_over_in_rollback(self) -> str:
        """Why going back to an approved version does not wait for it; empty where it does."""
        if self.of_another_version:
            return OF_ANOTHER_VERSION
        named = (why for clause, why in PASSED_OVER_IN_ROLLBACK.items() if f"{self.clause}.".startswith(f"{clause}."))
        return next(named, "")

    @property
    def binds_in_an_emergency(self) -> bool:
        """No emergency releases what was found not fit, what is critically wrong, or what a supervisor opposes."""
        if self.of_another_version:
            return False
        return self.clause in (STAGE, MODEL_STATUS, NOT_FIT, CRITICAL, OBJECTED)


@dataclass(frozen=True)
class Waived:
    """A blocker that an arrangement in force sets aside, until it ends."""

    blocker: Blocker
    by: str

    @property
    def text(self) -> str:
        return f"{self.blocker.text} Waived by {self.by}."


@dataclass(frozen=True)
class Gate:
    blockers: list[Blocker] = field(default_factory=list)
    waived: list[Waived] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)  # What the policy does not require, and the deciders should know.
    facts: Gathered | None = None  # What it rests on.

    @property
    def is_open(self) -> bool:
        return not self.blockers

    @property
    def reasons(self) -> list[str]:
        return [blocker.text for blocker in self.blockers]
