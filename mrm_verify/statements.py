"""What people signed: each statement by its digest, held against the entry that cites it and against its signature."""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from mrm_verify import passkeys
from mrm_verify.canonical import canonical
from mrm_verify.faults import Fault

NAMES_A_STATEMENT = "statement_digest"


class Cited(NamedTuple):
    """That an entry cites a statement: whose, about what, and how they proved who they are."""

    position: int
    digest: str
    actor: str
    subject: str
    authentication: str


def citation(body: dict) -> list[Cited]:
    """What an entry cites: one statement or none."""
    details = body["details"]
    digest = details.get(NAMES_A_STATEMENT) if isinstance(details, dict) else None
    if digest is None:
        return []
    actor, subject = body["actor"]["id"], body["subject"]["id"]
    return [Cited(body["position"], str(digest), actor, subject, str(details.get("authentication", "")))]


class Statements:
    """The statements of an export; each is cited by an entry, and each that is cited is here."""

    def __init__(self, records: Iterable[dict]):
        self.records: dict[str, dict] = {}
        self.cited: list[Cited] = []
        for record in records:
            if not isinstance(record.get("statement"), dict) or not isinstance(record.get("digest"), str):
                raise Fault("A statement lacks its text or its digest.")
            self.records[record["digest"]] = record

    def cite(self, cited: Iterable[Cited]) -> None:
        self.cited.extend(cited)

    def check(self) -> tuple[int, int]:
        """How many statements hold, and how many of them are signed by passkey."""
        signed = sum(self._check(cited) for cited in self.cited)
        if strangers := set(self.records) - {cited.digest for cited in self.cited}:
            raise Fault(f"No entry of the trail cites the statement {min(strangers)}.")
        return len(self.records), signed

    def _check(self, cited: Cited) -> bool:
        record = self.records.get(cited.digest)
        if record is None:
            raise Fault(f"The statement that entry {cited.position} cites is missing.")
        statement, signature = record["statement"], record.get("signature")
        if sha256(canonical(statement)).hexdigest() != cited.digest:
            raise Fault(f"The statement that entry {cited.position} cites was edited: it does not give its digest.")
        if _member(statement, "signer", cited.actor) != cited.actor:
            raise Fault(f"The statement that entry {cited.position} cites was signed by somebody else.")
        about = cited.subject.partition(":")[2]
        if _member(statement, "subject", about) != about:
            raise Fault(f"The statement that entry {cited.position} cites is about something else.")
        if record.get("authentication") != cited.authentication:
            raise Fault(f"Entry {cited.position} says that its statement was authenticated in another way.")
        if not signature:
            if "passkey" in cited.authentication or passkeys.KIND in cited.authentication:
                raise Fault(f"The passkey's signature that entry {cited.position} speaks of is missing.")
            return False
        try:
            passkeys.check_signature(statement, signature)
        except Fault as fault:
            raise Fault(f"On the statement that entry {cited.position} cites: {fault}") from fault
        return True


def _member(statement: dict, name: str, expected: str) -> str:
    """The id in one member of the statement; the expected one where the statement has no such member."""
    member = statement.get(name)
    return member.get("id", expected) if isinstance(member, dict) else expected
