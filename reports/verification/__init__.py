"""Does a report hold? Every question answered for itself, in words, without a database and without the network."""

from dataclasses import dataclass
from datetime import datetime

MAXIMUM_BYTES = 200 * 2**20

WHOLE = "The seal covers the whole file"
INTACT = "The seal is intact"
OURS = "The seal is the organisation's"
TIMED = "A time-stamp says when it was sealed"
LOCKED = "No later change is permitted"
ATTACHED = "The evidence is attached"
NAMED = "The evidence is the one the document names"
FIGURES = "Every figure printed equals the evidence"
ENTRIES = "Every trail entry gives its recorded hash"
LOGGED = "Every trail entry stands in the signed log"
SIGNED = "Every decision is as it was signed"
QUESTIONS = (WHOLE, INTACT, OURS, TIMED, LOCKED, ATTACHED, NAMED, FIGURES, ENTRIES, LOGGED, SIGNED)


@dataclass(frozen=True)
class Check:
    """One question and its answer; None where an earlier failure left it unexamined."""

    name: str
    holds: bool | None
    explanation: str


@dataclass(frozen=True)
class Verification:
    """All questions about one file, in order.

    sha256      of the file, to compare with the digest in the register of reports
    signer      whose seal it is; empty where there is none
    sealed_at   by the time-stamp; None where there is none that holds
    """

    checks: tuple[Check, ...]
    sha256: str
    signer: str = ""
    sealed_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether every single check holds; an unexamined one does not."""
        return all(check.holds for check in self.checks)
