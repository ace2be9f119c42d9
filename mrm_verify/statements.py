"""What people signed: each statement by its digest, held against the entry that cites it and against its signature."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from mrm_verify import passkeys
from mrm_verify.acts import ALWAYS_SIGNED, SIGNED_BY_NOW, TERMS, differing, lacks_terms, part_of, signed_since
from mrm_verify.canonical import NotCanonical, canonical
from mrm_verify.enrolments import Enrolment, Enrolments, enrolments_in
from mrm_verify.faults import Fault

CITES = "statement_digest"
# Who validates signs for their own part in a validation, and who delegates for themselves; the entry is about the
# validation as a whole, and about the delegation that this makes.
PARTS = {"delegation.given": "accounts.Person:", "validation.attested": "workflows.ValidatorAssignment:"}
SIGNS_FILE = "report.signed"
CLOCK_SET_BACK, PREPARED = "clock.set_back", "installation.prepared"
PASSWORD = "password"  # noqa: S105  The method of a signature, without the code of an app.
# What stands beside a statement, for people to read, and where it is in what was signed.
BESIDE = {"id": ("id",), "printed_name": ("signer", "name"), "meaning": ("meaning",)}
TIMES_BESIDE = ("authenticated_at", "signed_at")
# Between the proof of who signs and the entry lies a transaction, and the clocks of two hosts differ a little.
EARLY, LATE = timedelta(seconds=5), timedelta(minutes=2)


class Cited(NamedTuple):
    """That an entry cites a statement: whose, about what or which kind of part of it, proved how; and all else it says.

    digest  empty where the entry tells of an act that people sign, and cites nothing
    """

    position: int
    digest: str
    actor: str
    subject: str
    part: str
    method: str
    action: str
    at: str
    details: dict


class SetBack(NamedTuple):
    """That the clock was set back: entries bear this time until the clock has reached it again."""

    at: str


class Prepared(NamedTuple):
    """Whether this is an installation of development, where a password signs alone, from here on."""

    development: bool


Told = Cited | Enrolment | SetBack | Prepared


def cited_by(body: dict) -> list[Cited]:
    """What an entry cites, one statement or none: `details.signature`, or as it was before, `details` itself."""
    details, action = body["details"], body["action"]
    signature = details.get("signature", details) if isinstance(details, dict) else None
    signature = signature if isinstance(signature, dict) and CITES in signature else {}
    if not signature and action not in ALWAYS_SIGNED and not (action in SIGNED_BY_NOW and body["actor"]["id"]):
        return []
    details = details if isinstance(details, dict) else {}
    method = signature.get("method") or details.get("authentication")
    return [
        Cited(
            position=body["position"],
            digest=str(signature.get(CITES, "")),
            actor=body["actor"]["id"],
            subject=body["subject"]["id"],
            part=PARTS.get(action, ""),
            method=str(method),
            action=action,
            at=str(body.get("at", "")),
            details=details,
        )
    ]


def told_by(body: dict) -> list[Told]:
    """All that an entry says of statements and of who can sign them."""
    if body["action"] == CLOCK_SET_BACK:
        return [SetBack(str(body.get("at", "")))]
    if body["action"] == PREPARED:
        said = part_of(body, ("details", "development"))
        return [Prepared(said)] if isinstance(said, bool) else []
    return [*enrolments_in(body), *cited_by(body)]


class Statements:
    """The statements of a trail; each is cited by one entry, and each that is cited is here.

    whole  whether all entries are told, in their order; else a passkey of which none says who enrolled it is counted
    timed  whether those are told that set the clock back; else what would be asked of the times is counted
    """

    def __init__(self, records: Iterable[dict], *, whole: bool = True, timed: bool = True):
        self.whole, self.timed = whole, timed
        self.records: dict[str, dict] = {}
        self.told: list[Told] = []
        self.signed, self.unsaid = 0, 0  # By passkey; of these, by passkeys whose keys no entry says.
        self.by_password = 0  # Alone.
        self.untimed = 0  # Of which it was not asked whether it was the time to sign.
        self.without_terms = 0  # Of releases whose statements of their act did not say yet what was decided.
        for record in records:
            statement = record.get("statement")
            if not isinstance(statement, dict) or not isinstance(record.get(CITES), str):
                raise Fault("A statement lacks its text or its digest.")
            if isinstance(statement.get("outcome"), dict | list):
                raise Fault(f"The statement {record[CITES]} does not say what was decided.")
            if record[CITES] in self.records:
                raise Fault(f"The statement {record[CITES]} is there twice.")
            self.records[record[CITES]] = record

    def cite(self, told: Iterable[Told]) -> None:
        self.told.extend(told)

    def check(self) -> int:
        """How many statements hold; a Fault where one does not."""
        for fault in self.faults():
            raise Fault(fault)
        return len(self.records)

    def faults(self) -> Iterator[str]:
        """Everything that does not hold, in words."""
        yield from self.faults_of_cited()
        for digest in self.strangers():
            yield f"No entry of the trail cites the statement {digest}."

    def files(self) -> dict[str, list[str]]:
        """Of statements that hold: who signed which file, in words, by the file's digest."""
        signed: dict[str, list[str]] = {}
        for told in self.told:
            if isinstance(told, Cited) and told.action == SIGNS_FILE:
                said = self.records[told.digest]["statement"]
                name, role = (part_of(said, ("signer", one)) for one in ("name", "role"))
                words = f"{name}, as {str(role).replace('_', ' ')}, on {told.at}, as {told.details.get('report')}"
                signed.setdefault(str(told.details.get("sha256")), []).append(f"{words} (entry {told.position})")
        return signed

    def strangers(self) -> list[str]:
        """The statements that no entry cites, by their digests."""
        return sorted(set(self.records) - {told.digest for told in self.told if isinstance(told, Cited)})

    def faults_of_cited(self) -> Iterator[str]:
        """What does not hold of what entries cite, in their order."""
        enrolments, seen, signed_by_now, stuck_at = Enrolments(), {}, set(ALWAYS_SIGNED), ""
        say_by_now: set[str] = set()  # The acts whose statements have begun to say what was decided.
        development = True  # Trails of releases that did not say so are not held to it.
        for told in self.told:
            match told:
                case Enrolment():
                    enrolments.follow(told)
                case SetBack():
                    stuck_at = told.at
                case Prepared():
                    development = told.development
                case Cited(digest="") if told.action not in signed_by_now:
                    pass  # Of a release in which it was not signed.
                case Cited(digest=""):
                    yield f"Entry {told.position} ({told.action}) cites no statement, and people sign that."
                case Cited() if told.digest in seen:
                    yield f"The entries {seen[told.digest]} and {told.position} cite the same statement."
                case Cited():
                    seen[told.digest] = told.position
                    statement = part_of(self.records.get(told.digest), ("statement",)) or {}
                    signed_by_now |= signed_since(told.action, statement)
                    self.by_password += told.method == PASSWORD
                    self.untimed += not self.timed and "time_window" in statement
                    if told.method == PASSWORD and not development:
                        yield f"Entry {told.position} cites a signature by a password alone, and none counts here."
                    try:
                        self._check_terms(told, say_by_now)
                        self._check(told, enrolments, is_timed=self.timed and told.at != stuck_at)
                    except Fault as fault:
                        yield str(fault)

    def _check_terms(self, cited: Cited, say_by_now: set[str]) -> None:
        statement = part_of(self.records.get(cited.digest), ("statement",))
        if cited.action not in TERMS or statement is None:
            return
        if not lacks_terms(statement, cited.action):
            say_by_now.add(cited.action)
        elif cited.action in say_by_now:
            raise Fault(
                f"The statement that entry {cited.position} cites does not say what was decided, as those before it do."
            )
        else:
            self.without_terms += 1

    def _check(self, cited: Cited, enrolments: Enrolments, *, is_timed: bool) -> None:
        record, which = self.records.get(cited.digest), f"The statement that entry {cited.position} cites"
        if record is None:
            raise Fault(f"{which} is missing.")
        statement = record["statement"]
        if digest_of_statement(statement) != cited.digest:
            raise Fault(f"{which} was edited: it does not give its digest.")
        if _id(statement, "signer") != cited.actor:
            raise Fault(f"{which} was signed by somebody else.")
        if not _is_about(_id(statement, "subject"), cited):
            raise Fault(f"{which} is about something else.")
        for name, path in BESIDE.items():
            if name in record and record[name] != part_of(statement, path):
                raise Fault(f"{which} has another {name.replace('_', ' ')} beside it than was signed.")
        for name in TIMES_BESIDE:
            if name in record and not could_be_signed(statement, record[name]):
                raise Fault(f"{which} was to be signed at another time than its {name.replace('_', ' ')} beside it.")
        if part := differing(statement, cited.action, cited.subject, cited.details):
            raise Fault(f"{which} says otherwise than the entry: its {part} is another.")
        if is_timed and not could_be_signed(statement, cited.at):
            raise Fault(f"{which} was to be signed at another time than the entry was written.")
        if record.get("method") != cited.method:
            raise Fault(f"{which} was proved in another way than the entry says.")
        if cited.method == passkeys.METHOD:
            self._check_passkey(cited, record.get("assertion") or {}, enrolments)

    def _check_passkey(self, cited: Cited, assertion: dict, enrolments: Enrolments) -> None:
        try:
            passkeys.check_signature(cited.digest, assertion)
            known = (enrolments.know if self.whole else enrolments.show)(cited.actor, assertion)
        except Fault as fault:
            raise Fault(f"On the statement that entry {cited.position} cites: {fault}") from fault
        self.signed += 1
        self.unsaid += not known


def _is_about(subject, cited: Cited) -> bool:
    if subject in (cited.subject, cited.subject.partition(":")[2]):
        return True
    return bool(cited.part) and isinstance(subject, str) and subject.startswith(cited.part)


def could_be_signed(statement: dict, at: str | datetime) -> bool:
    """Whether it was the time to sign the statement then; true where it does not say when that is."""
    window = statement.get("time_window")
    if not isinstance(window, dict):
        return True
    try:
        begins, ends, then = (datetime.fromisoformat(str(one)) for one in (window["from"], window["until"], at))
        return begins - EARLY <= then <= ends + LATE
    except (KeyError, TypeError, ValueError):
        return False


def digest_of_statement(statement: dict) -> str | None:
    """None where it has no canonical form: nobody was shown that."""
    try:
        return sha256(canonical(statement)).hexdigest()
    except NotCanonical:
        return None


def _id(statement: dict, name: str):
    member = statement.get(name)
    return member.get("id") if isinstance(member, dict) else None
