"""The trail as an archive that `mrm-verify` checks; its format is stated in `mrm_verify.export`.

The same trail gives the same bytes. Nothing is held in memory but a stretch of entries.
"""

import contextlib
import zipfile
from collections.abc import Iterable, Iterator

from django.db.models import Q, QuerySet

from audits.trail import services as trail
from audits.trail.models import Action, Checkpoint, Entry
from mrm.pages.downloads import Sink
from mrm_verify.canonical import NotCanonical, canonical
from mrm_verify.enrolments import ACCOUNT
from mrm_verify.export import FORMAT, MEMBERS
from mrm_verify.log import STRETCH
from mrm_verify.passkeys import METHOD
from mrm_verify.statements import cited_by
from reports.contents.signed import signed_statements

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # The time that files in the archive bear, so that it depends on the trail alone.
SOME = 1000
SET_BACK = Action.CLOCK_SET_BACK


def export_whole(checkpoint: Checkpoint) -> Iterator[bytes]:
    """Everything up to this checkpoint, as the bytes of an archive."""
    cited: list[str] = []
    lines = _recorded(trail.entries_between(0, checkpoint.size), cited)
    checkpoints = map(canonical, trail.checkpoints_in_full(after=0, upto=checkpoint.size))
    return _archive(_manifest(checkpoint, None), lines, checkpoints, _statements(cited))


def export_extract(checkpoint: Checkpoint, entries, scope: dict) -> Iterator[bytes]:
    """The chosen entries that stand under this checkpoint, each with its proof; the scope says how they were chosen.

    And those in which the passkeys that signed what they tell of were enrolled or removed, so that it holds alone; and
    that the clock was set back, from when on entries are not dated as their statements are.
    """
    cited: list[str] = []
    parts = (entries, _enrolling(entries.filter(position__lt=checkpoint.size)), Entry.objects.filter(action=SET_BACK))
    checkpoints = map(canonical, trail.checkpoints_in_full(after=checkpoint.size - 1, upto=checkpoint.size))
    manifest = _manifest(checkpoint, scope) | {"holds_every": [str(SET_BACK)]}
    return _archive(manifest, _proved(parts, checkpoint, cited), checkpoints, _statements(cited))


def _enrolling(entries) -> QuerySet:
    """What the trail says of the passkeys of those who signed by passkey what these entries tell of."""
    by_passkey = Q(details__signature__method=METHOD) | Q(details__authentication=METHOD)
    signers = entries.filter(by_passkey).order_by().values_list("actor_id", flat=True).distinct()
    enrolling = (Action.FACTOR_ENROLLED, Action.FACTOR_REMOVED)
    accounts = [f"{ACCOUNT}{signer}" for signer in signers]
    return Entry.objects.filter(subject__in=accounts, action__in=enrolling, details__kind=METHOD)


def _manifest(checkpoint: Checkpoint, scope: dict | None) -> dict:
    trust = trail.trust()
    return {
        "format": FORMAT,
        "log": trail.log_name(),
        "size": checkpoint.size,
        "scope": scope,
        "checkpoint": checkpoint.note,
        "keys": {"log": trust.log, "witnesses": list(trust.witnesses), "authorities": list(trust.authorities)},
    }


def _proved(parts: Iterable[QuerySet], checkpoint: Checkpoint, cited: list[str]) -> Iterator[bytes]:
    last = -1
    while some := _next(parts, after=last, before=checkpoint.size):
        proofs = trail.inclusion_proofs([entry.position for entry in some], checkpoint.size)
        for entry in some:
            _note_citation(entry.body(), cited)
            yield canonical({"body": entry.body(), "leaf_hash": entry.leaf_hash, "proof": proofs[entry.position]})
        last = some[-1].position


def _next(parts: Iterable[QuerySet], *, after: int, before: int) -> list[Entry]:
    """The next entries of all parts together; an index finds those of each."""
    first, *others = (
        part.filter(position__gt=after, position__lt=before).order_by("position").values("position")[:SOME]
        for part in parts
    )
    positions = first.union(*others).order_by("position")[:SOME]
    return list(Entry.objects.filter(position__in=positions).order_by("position"))


def _recorded(entries: Iterable[tuple[dict | None, str]], cited: list[str]) -> Iterator[bytes]:
    for body, leaf in entries:
        # An entry that was changed into something without canonical form is left out: the verifier names it as missing.
        with contextlib.suppress(NotCanonical):
            if body is not None:
                yield canonical({"body": body, "leaf_hash": leaf})
                _note_citation(body, cited)


def _note_citation(body: dict, cited: list[str]) -> None:
    cited.extend(citation.digest for citation in cited_by(body) if citation.digest)


def _statements(cited: list[str]) -> Iterator[bytes]:
    """What people signed, as far as the entries written before cite it."""
    for start in range(0, len(cited), SOME):
        yield from map(canonical, signed_statements(statement_digest__in=cited[start : start + SOME]))


def _archive(manifest: dict, *contents: Iterable[bytes]) -> Iterator[bytes]:
    """The archive, a piece at a time."""
    sink = Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        with archive.open(_member(MEMBERS[0]), "w") as member:
            member.write(canonical(manifest))
        for name, lines in zip(MEMBERS[1:], contents, strict=True):
            with archive.open(_member(name), "w", force_zip64=True) as member:
                for line in lines:
                    member.write(line + b"\n")
                    if sink.size > STRETCH * 8:
                        yield sink.taken()
    yield sink.taken()


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, LONG_AGO)
    info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
    return info
