"""Every question about a file, answered one after the other.

Apart from the questions themselves, because importing pyHanko takes as long as all else of a small command.
"""

import hashlib
from collections.abc import Callable, Sequence

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from reports.verification import (
    ATTACHED,
    ENTRIES,
    FIGURES,
    INTACT,
    LOCKED,
    LOGGED,
    MAXIMUM_BYTES,
    NAMED,
    OURS,
    QUESTIONS,
    SIGNED,
    TIMED,
    WHOLE,
    Check,
    Verification,
    decisions,
    document,
    evidence,
    seal,
)


def verify_pdf(data: bytes, *, trusted_roots: Sequence[x509.Certificate]) -> Verification:
    """Check a report. Whatever the file is, the answer is a list of checks, never an exception."""
    answers: dict[str, Check] = {}
    judgement = None
    try:
        found = _find(data)
        _answer(answers, WHOLE, True, "Not one byte was added, removed or changed outside it.")
        judgement = _judge(answers, found, trusted_roots)
        _examine(answers, document.read(data, found.contents))
    except _Stop as stop:
        _answer(answers, stop.question, False, stop.explanation)
    except document.Unreadable as fault:
        _answer(answers, LOCKED, False, str(fault))
    unexamined = "Not examined, because an earlier check failed."
    stamp = judgement.time_stamp if judgement and TIMED in answers and answers[TIMED].holds else None
    return Verification(
        checks=tuple(answers.get(name, Check(name, None, unexamined)) for name in QUESTIONS),
        sha256=hashlib.sha256(data).hexdigest(),
        signer=judgement.signer if judgement else "",
        sealed_at=stamp.timestamp if stamp else None,
    )


class _Stop(Exception):
    """A check failed, and nothing after it means anything."""

    def __init__(self, question: str, explanation: str):
        super().__init__(explanation)
        self.question, self.explanation = question, explanation


def _find(data: bytes) -> seal.Seal:
    if len(data) > MAXIMUM_BYTES:
        raise _Stop(WHOLE, f"The file is larger than {MAXIMUM_BYTES // 2**20} MiB; no report is.")
    if not data.startswith(b"%PDF-"):
        raise _Stop(WHOLE, "The file is not a PDF.")
    try:
        found = seal.find(data)
    except seal.Broken as fault:
        raise _Stop(WHOLE, str(fault)) from fault
    if found is None:
        raise _Stop(WHOLE, "The file carries no seal that could be read.")
    return found


def _judge(answers: dict[str, Check], found: seal.Seal, trusted_roots: Sequence[x509.Certificate]) -> seal.Judgement:
    """Answer what cryptography can; nothing that is not vouched for is read any further."""
    roots = [asn1_x509.Certificate.load(root.public_bytes(Encoding.DER)) for root in trusted_roots]
    try:
        judgement = seal.judge(found, roots)
    except seal.Broken as fault:
        raise _Stop(INTACT, str(fault)) from fault
    if not judgement.intact:
        raise _Stop(INTACT, "The file was changed after it was sealed: its digest is not the one that was signed.")
    _answer(answers, INTACT, True, "The file's digest is the one that was signed.")
    if not judgement.trusted:
        raise _Stop(OURS, f"It was sealed by {judgement.signer}, whose certificate leads to no authority trusted here.")
    _answer(answers, OURS, True, f"It was sealed by {judgement.signer}; the certificate leads to a trusted authority.")
    stamp = judgement.time_stamp
    if stamp is None:
        _answer(answers, TIMED, False, "The seal carries no time-stamp.")
    elif stamp.intact and stamp.valid and stamp.trusted:
        _answer(answers, TIMED, True, f"It was sealed on {stamp.timestamp:%d %B %Y at %H:%M:%S} UTC.")
    else:
        _answer(answers, TIMED, False, "The time-stamp does not belong to this seal, or no trusted authority made it.")
    return judgement


def _examine(answers: dict[str, Check], report: document.Document) -> None:
    _answer(
        answers,
        LOCKED,
        report.complete and report.locked,
        "Readers show the same single seal, and it forbids every change."
        if report.complete and report.locked
        else "The document's own structure does not show one seal over the whole file that forbids every change.",
    )
    if report.evidence is None:
        raise _Stop(ATTACHED, f"The document must hold exactly one attachment named {evidence.EVIDENCE}.")
    try:
        bundle = evidence.parse(report.evidence)
    except evidence.Faulty as fault:
        raise _Stop(ATTACHED, str(fault)) from fault
    _answer(answers, ATTACHED, True, f"{evidence.EVIDENCE} has {len(report.evidence):,} bytes in canonical form.")
    digest = hashlib.sha256(report.evidence).hexdigest()
    named = digest in report.keywords
    _answer(answers, NAMED, named, f"Its SHA-256 is {digest}" + ("." if named else ", not what the document states."))
    _try(answers, FIGURES, lambda: f"{evidence.compare_figures(bundle, digest, report.figures)} figures agree.")
    _try(answers, ENTRIES, lambda: f"{evidence.recompute_entries(bundle)} entries give their recorded hashes.")
    _try(answers, LOGGED, lambda: f"The signed checkpoint over {evidence.check_log(bundle)} entries includes them all.")
    _try(answers, SIGNED, lambda: decisions.check_decisions(bundle))


def _try(answers: dict[str, Check], question: str, examine: Callable[[], str]) -> None:
    try:
        _answer(answers, question, True, examine())
    except evidence.Faulty as fault:
        _answer(answers, question, False, str(fault))


def _answer(answers: dict[str, Check], question: str, holds: bool, explanation: str) -> None:
    answers[question] = Check(question, holds, explanation)
