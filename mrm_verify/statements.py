"""What people signed: each statement by its digest, held against the entry that cites it and against its signature."""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from mrm_verify import passkeys
from mrm_verify.canonical import canonical
from mrm_verify.faults import Fault

CITES = "statement_digest"
# Who validates signs for their own part in a validation; the entry is about the validation as a whole.
PARTS = {"validation.attested": "workflows.ValidatorAssignment:"}


class Cited(NamedTuple):
    """That an entry cites a statement: whose, about what or which kind of part of it, proved how."""

    position: int
    digest: str
    actor: str
    subject: str
    part: str
    method: str


def cited_by(body: dict) -> list[Cited]:
    """What an entry cites, one statement or none: `details.signature`, or as it was before, `details` itself."""
    details = body["details"]
    signature = details.get("signature", details) if isinstance(details, dict) else None
    if not isinstance(signature, dict) or CITES not in signature:
        return []
    method = signature.get("method") or details.get("authentication")
    subject, part = body["subject"]["id"], PARTS.get(body["action"], "")
    return [Cited(body["position"], str(signature[CITES]), body["actor"]["id"], subject, part, str(method))]


class Statements:
    """The statements of an export; each is cited by an entry, and each that is cited is here."""

    def __init__(self, records: Iterable[dict]):
        self.records: dict[str, dict] = {}
        self.cited: list[Cited] = []
        for record in records:
            if not isinstance(record.get("statement"), dict) or not isinstance(record.get(CITES), str):
                raise Fault("A statement lacks its text or its digest.")
            self.records[record[CITES]] = record

    def cite(self, cited: Iterable[Cited]) -> None:
        self.cited.extend(cited)

    def check(self) -> tuple[int, int]:
        """How many statements hold, and how many of them are signed by passkey."""
        signed = sum(self._check(cited) for cited in self.cited)
        if strangers := set(self.records) - {cited.digest for cited in self.cited}:
            raise Fault(f"No entry of the trail cites the statement {min(strangers)}.")
        return len(self.records), signed

    def _check(self, cited: Cited) -> bool:
        record, entry = self.records.get(cited.digest), f"entry {cited.position}"
        if record is None:
            raise Fault(f"The statement that {entry} cites is missing.")
        statement = record["statement"]
        if sha256(canonical(statement)).hexdigest() != cited.digest:
            raise Fault(f"The statement that {entry} cites was edited: it does not give its digest.")
        if _id(statement, "signer") != cited.actor:
            raise Fault(f"The statement that {entry} cites was signed by somebody else.")
        if not _is_about(_id(statement, "subject"), cited):
            raise Fault(f"The statement that {entry} cites is about something else.")
        if record.get("method") != cited.method:
            raise Fault(f"The statement that {entry} cites was proved in another way than the entry says.")
        if cited.method != passkeys.METHOD:
            return False
        try:
            passkeys.check_signature(cited.digest, record.get("assertion") or {})
        except Fault as fault:
            raise Fault(f"On the statement that {entry} cites: {fault}") from fault
        return True


def _is_about(subject, cited: Cited) -> bool:
    if subject in (cited.subject, cited.subject.partition(":")[2]):
        return True
    return bool(cited.part) and isinstance(subject, str) and subject.startswith(cited.part)


def _id(statement: dict, name: str):
    member = statement.get(name)
    return member.get("id") if isinstance(member, dict) else None
