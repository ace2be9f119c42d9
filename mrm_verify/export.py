"""An exported trail, read and held against itself and against what the auditor trusts.

The archive is a ZIP file; every line of its `.ndjson` members is RFC 8785 canonical JSON.

    manifest.json        {"format", "log", "size", "scope", "checkpoint", "keys": {"log", "witnesses", "authorities"}};
                         in an extract also "holds_every"
    entries.ndjson       {"body", "leaf_hash"}; in an extract also "proof"
    checkpoints.ndjson   {"note", "time_stamps"}: signed notes with cosignatures, RFC 3161 tokens in base64
    statements.ndjson    {"statement_digest", "statement", "method", "assertion", …}: what people signed

The scope is null where the archive holds the whole trail from the first entry. An extract holds entries that were
chosen, each with the proof that it stands under the checkpoint of the manifest, and besides them every entry of the
actions that `holds_every` names; those of earlier releases name none.
"""

import json
import zipfile
import zlib
from bisect import bisect_left
from bisect import bisect_right as bisect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, islice
from pathlib import Path

from mrm_verify import merkle
from mrm_verify.canonical import NotCanonical, canonical
from mrm_verify.clocks import Clocks, compare
from mrm_verify.crew import crew
from mrm_verify.faults import Fault
from mrm_verify.log import STRETCH, Joined, Stretch, check_stretch, fault_in
from mrm_verify.notes import Checkpoint
from mrm_verify.statements import CLOCK_SET_BACK, Statements, Told, told_by
from mrm_verify.trust import Checker, Trust, check_attested

FORMAT = "mrm-trail/1"
MEMBERS = ("manifest.json", "entries.ndjson", "checkpoints.ndjson", "statements.ndjson")
LONGEST_LINE = 32 * 2**20
MOST_EXPANDED = (
    100  # Times. Hashes do not compress, so a trail expands about tenfold; what is made to exhaust us, 1000.
)
AT_ONCE = 500  # Checkpoints handed to a process together.


@dataclass
class Found:
    """What was verified, counted."""

    log: str
    scope: dict | None
    trust: Trust
    entries: int = 0
    checkpoints: int = 0
    cosignatures: int = 0
    time_stamps: int = 0
    statements: int = 0
    signed_files: dict[str, list[str]] = field(default_factory=dict)  # Who signed, in words, by the file's digest.
    passkeys: int = 0
    passkeys_of_unsaid_keys: int = 0
    by_password: int = 0
    untimed: int = 0
    without_terms: int = 0
    newest_seen: datetime | None = None  # The newest checkpoint, by a clock outside.
    clocks: Clocks = Clocks()  # Of a whole trail.


def verify_export(
    path: Path, given: Trust, *, jobs: int = 1, progress: Callable[[int, int], None] = lambda done, of: None
) -> Found:
    """Recompute everything in the archive; Fault names the first thing that does not hold.

    given  whom the auditor trusts, who each attest to the newest checkpoint; where it is empty, the export's own count
    """
    with _opened(path) as archive, crew(jobs) as run:
        manifest = _manifest(archive)
        trust = given.or_as_named_in(manifest["keys"])
        found = Found(manifest["log"], manifest["scope"], trust)
        checkpoints = [(line, _checkpoint(line)) for line in _lines(archive, "checkpoints.ndjson")]
        _check_order(manifest, [checkpoint for _, checkpoint in checkpoints])
        whole = manifest["scope"] is None
        timed = whole or CLOCK_SET_BACK in manifest.get("holds_every", [])
        statements = Statements(_objects(archive, "statements.ndjson"), whole=whole, timed=timed)
        check_entries = _check_whole if whole else _check_extract
        dates: dict[int, str] = {}
        for checked in check_entries(archive, manifest, checkpoints, trust, run):
            found.entries += checked.entries
            dates |= checked.dates
            statements.cite(checked.told)
            progress(found.entries, manifest["size"])
        seen: dict[int, datetime] = {}
        for attested in run(_check_signatures, ((lines, trust) for lines in _grouped(line for line, _ in checkpoints))):
            for size, cosigned, stamped in attested:
                found.checkpoints += 1
                found.cosignatures += len(cosigned)
                found.time_stamps += len(stamped)
                if heard := _heard(given, cosigned, stamped):
                    seen[size] = min(heard)
        line, newest = checkpoints[-1]
        found.newest_seen = seen.get(newest.size)
        if whole and seen:
            found.clocks = compare(seen.items(), dates, newest.size)
        check_attested(given, newest, json.loads(line)["time_stamps"])
        found.statements = statements.check()
        found.passkeys, found.passkeys_of_unsaid_keys = statements.signed, statements.unsaid
        found.by_password, found.without_terms = statements.by_password, statements.without_terms
        found.untimed, found.signed_files = statements.untimed, statements.files()
        return found


@dataclass(frozen=True)
class _Checked:
    entries: int
    told: list[Told]
    dates: dict[int, str] = field(default_factory=dict)  # Of the entries before and after the end of a checkpoint.


def _check_whole(archive, manifest, checkpoints, trust, run) -> Iterator[_Checked]:
    """Every leaf, every link, the tree, and the root of every checkpoint, those that the auditor holds included."""
    roots: dict[int, set[bytes]] = {}
    for checkpoint in [*(one for _, one in checkpoints), *map(_held(manifest), trust.held)]:
        roots.setdefault(checkpoint.size, set()).add(checkpoint.root)
    joined, lines = Joined(), _lines(archive, "entries.ndjson")
    stretches = iter(lambda: list(islice(lines, STRETCH)), [])
    sizes = sorted(roots)
    work = (
        (start, stretch, sizes[bisect_left(sizes, start) : bisect(sizes, start + STRETCH)])
        for start, stretch in zip(count(0, STRETCH), stretches, strict=False)
    )
    for stretch, told, dates in run(_check_lines, work):
        for size, root in joined.add(stretch)[0].items():
            if roots.get(size, {root}) != {root}:
                raise Fault(f"The checkpoint over {size} entries was signed over other entries than these.")
        yield _Checked(stretch.length, told, dates)
    if joined.length != manifest["size"]:
        raise Fault(f"The checkpoint is over {manifest['size']} entries, the export holds {joined.length}.")


def _check_lines(start: int, lines: list[bytes], sizes: list[int]) -> tuple[Stretch, list[Told], dict[int, str]]:
    told: list[Told] = []
    dates: dict[int, str] = {}
    wanted = {place for size in sizes for place in (size - 1, size)} | {0}

    def entries() -> Iterator[tuple[dict | None, str]]:
        for number, line in enumerate(lines, start):
            entry = _parsed(line, f"Entry {number}")
            body, leaf = entry.get("body"), str(entry.get("leaf_hash"))
            yield (body if isinstance(body, dict) else None), leaf
            # Reached only once its hash held: so these are the bytes that were hashed, and the line holds nothing else.
            begins, ends = b'{"body":', b',"leaf_hash":"' + leaf.encode() + b'"}'
            written = line[len(begins) : -len(ends)]
            if line != begins + written + ends or merkle.leaf_hash(written).hex() != leaf:
                raise Fault(f"Entry {number} is not spelt canonically.")
            told.extend(told_by(body))
            if number in wanted:
                dates[number] = body["at"]

    return check_stretch(start, entries(), sizes)[0], told, dates


def _check_extract(archive, manifest, checkpoints, trust, run) -> Iterator[_Checked]:
    """Every leaf of an extract, and the proof that it stands under the checkpoint."""
    if trust.held:
        raise Fault("An extract cannot be held against another checkpoint; ask for an export of the whole trail.")
    newest, last, last_at = checkpoints[-1][1], -1, ""
    for number, line in enumerate(_lines(archive, "entries.ndjson"), 1):
        entry = _parsed(line, f"Line {number} of the entries")
        body, leaf, position = entry.get("body"), str(entry.get("leaf_hash")), last + 1
        if isinstance(body, dict) and isinstance(body.get("position"), int):
            position = body["position"]
        if position <= last:
            raise Fault(f"Entry {position} does not come in its order.")
        if fault := fault_in(position, body if isinstance(body, dict) else None, leaf, None, last_at):
            raise Fault(fault)
        try:
            proof = [bytes.fromhex(node) for node in entry["proof"]]
        except (KeyError, TypeError, ValueError) as fault:
            raise Fault(f"The proof of entry {position} is malformed ({fault}).") from fault
        if not merkle.verify_inclusion(bytes.fromhex(leaf), position, newest.size, proof, newest.root):
            raise Fault(f"The proof of entry {position} does not lead to the root of the checkpoint.")
        last, last_at = position, body["at"]
        yield _Checked(1, told_by(body))


def _check_signatures(lines: list[bytes], trust: Trust) -> list[tuple[int, list[datetime], list[datetime]]]:
    """The size of each checkpoint that holds, and when it was cosigned and stamped."""
    checker, found = Checker(trust), []
    for line in lines:
        checkpoint = _checkpoint(line)
        found.append((checkpoint.size, *checker.check(checkpoint, json.loads(line)["time_stamps"])))
    return found


def _heard(given: Trust, cosigned: list[datetime], stamped: list[datetime]) -> list[datetime]:
    """The times that count: of those whom the auditor named, where they named any; else of whom the export names."""
    nobody_named = not given.witnesses and not given.authorities
    return [
        *(cosigned if given.witnesses or nobody_named else ()),
        *(stamped if given.authorities or nobody_named else ()),
    ]


def _check_order(manifest: dict, checkpoints: list[Checkpoint]) -> None:
    sizes = [checkpoint.size for checkpoint in checkpoints]
    if not checkpoints or sizes != sorted(set(sizes)) or sizes[-1] != manifest["size"]:
        raise Fault("The checkpoints are not in order, or the last is not over the whole export.")
    newest = Checkpoint.read(manifest["checkpoint"])
    if newest.body != checkpoints[-1].body or manifest["log"] != newest.origin:
        raise Fault("The checkpoint of the manifest is not the newest of the export.")


def _held(manifest: dict) -> Callable[[str], Checkpoint]:
    """Reads a checkpoint that the auditor got elsewhere."""

    def read(note: str) -> Checkpoint:
        checkpoint = Checkpoint.read(note)
        if checkpoint.origin != manifest["log"]:
            raise Fault(f"The checkpoint you hold is of {checkpoint.origin}, this trail is of {manifest['log']}.")
        if checkpoint.size > manifest["size"]:
            raise Fault(
                f"Entries {manifest['size']} to {checkpoint.size - 1} are missing: the checkpoint you hold is over "
                f"{checkpoint.size} entries."
            )
        return checkpoint

    return read


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            if tuple(archive.namelist()) != MEMBERS:
                raise Fault(f"{path} is not an exported trail: it must hold {', '.join(MEMBERS)} in this order.")
            for member in archive.infolist():
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise zipfile.BadZipFile(f"{member.filename} is compressed in another way than exports are")
                if member.file_size > MOST_EXPANDED * member.compress_size:
                    raise Fault(f"{member.filename} would expand {MOST_EXPANDED} times and more, as no trail does.")
            yield archive
    except (OSError, zipfile.BadZipFile, EOFError, zlib.error, RuntimeError) as fault:  # The last: a password is asked.
        raise Fault(f"{path} cannot be read as an archive: {fault}.") from fault


def _manifest(archive: zipfile.ZipFile) -> dict:
    with archive.open("manifest.json") as member:
        manifest = _parsed(member.read(LONGEST_LINE), "The manifest")
    if manifest.get("format") != FORMAT:
        raise Fault(f"The manifest is not of the format {FORMAT}.")
    keys, scope = manifest.get("keys"), manifest.get("scope")
    shaped = isinstance(keys, dict) and isinstance(keys.get("log"), str) and (scope is None or isinstance(scope, dict))
    shaped = shaped and all(_are_texts(keys.get(name)) for name in ("witnesses", "authorities"))
    shaped = shaped and _are_texts(manifest.get("holds_every", []))
    if not shaped or not isinstance(manifest.get("size"), int) or not isinstance(manifest.get("checkpoint"), str):
        raise Fault("The manifest lacks its size, its checkpoint or its keys.")
    return manifest


def _are_texts(values) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as member:
        while line := member.readline(LONGEST_LINE):
            if not line.endswith(b"\n"):
                raise Fault(f"A line of {name} is cut off or longer than {LONGEST_LINE} bytes.")
            yield line[:-1]


def _objects(archive: zipfile.ZipFile, name: str) -> Iterator[dict]:
    for number, line in enumerate(_lines(archive, name), 1):
        yield _parsed(line, f"Line {number} of {name}", canonically=True)


def _checkpoint(line: bytes) -> Checkpoint:
    one = _parsed(line, "A checkpoint", canonically=True)
    if not isinstance(one.get("note"), str) or not isinstance(one.get("time_stamps"), list):
        raise Fault("A checkpoint lacks its note or its time-stamps.")
    return Checkpoint.read(one["note"])


def _parsed(line: bytes, what: str, *, canonically: bool = False) -> dict:
    try:
        value = json.loads(line)
        if isinstance(value, dict) and (not canonically or canonical(value) == line):
            return value
    except (ValueError, RecursionError, NotCanonical) as fault:
        raise Fault(f"{what} is not JSON ({fault}).") from fault
    raise Fault(f"{what} is not an object, or not spelt canonically.")


def _grouped(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    lines = iter(lines)
    return iter(lambda: list(islice(lines, AT_ONCE)), [])
