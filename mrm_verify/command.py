"""`mrm-verify trail EXPORT` and `mrm-verify proof ENTRY PROOF`: exit 0 only if all holds, else 1 and why not."""

import argparse
import os
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from mrm_verify import __version__
from mrm_verify.export import Found, verify_export
from mrm_verify.faults import Fault, plain
from mrm_verify.proof import verify_proof
from mrm_verify.trust import Trust


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mrm-verify", description="Checks an exported trail without its system.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")
    trail = commands.add_parser("trail", help="recompute an export and every signature in it")
    trail.add_argument("export", type=Path, help="the archive that export_trail or the page Trail made")
    trail.add_argument("--key", default="", help="the log's key, name+id+key, as the organisation published it")
    trail.add_argument(
        "--witness", action="append", default=[], help="a witness's key, who cosigned the newest checkpoint; repeatable"
    )
    trail.add_argument(
        "--authority",
        action="append",
        default=[],
        type=Path,
        help="root of an authority that stamped the newest checkpoint",
    )
    trail.add_argument("--against", action="append", default=[], type=Path, help="a checkpoint you hold from before")
    trail.add_argument(
        "--report", action="append", default=[], type=Path, help="a report of which to say who signed it; repeatable"
    )
    trail.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes to use; by default one a core")
    proof = commands.add_parser("proof", help="check that one entry stands in the log")
    proof.add_argument("entry", type=Path, help="the bytes of the entry, as its page gives them")
    proof.add_argument("proof", type=Path, help="its proof (C2SP tlog-proof)")
    proof.add_argument("--key", required=True, help="the log's key, name+id+key, as the organisation published it")
    options = parser.parse_args(arguments)
    if hasattr(options, "proof"):
        return _proof(options)
    try:
        trust = Trust(
            options.key,
            tuple(options.witness),
            tuple(path.read_text() for path in options.authority),
            tuple(path.read_text() for path in options.against),
        )
        reports = {str(path): sha256(path.read_bytes()).hexdigest() for path in options.report}
        found = verify_export(options.export, trust, jobs=options.jobs, progress=_shown)
    except (Fault, OSError, UnicodeDecodeError) as fault:
        print(f"The trail does not hold. {plain(str(fault))}", file=sys.stderr)
        return 1
    print("\n".join(map(plain, [*_told(found, trust), *_told_of(reports, found)])))
    return 0


def _told_of(reports: dict[str, str], found: Found):
    for name, digest in reports.items():
        signed = found.signed_files.get(digest)
        yield f"{name} was signed by {'; '.join(signed)}." if signed else f"By these entries nobody signed {name}."


def _proof(options: argparse.Namespace) -> int:
    try:
        found = verify_proof(options.entry.read_bytes(), options.proof.read_text(), options.key)
    except (Fault, OSError, UnicodeDecodeError) as fault:
        print(f"The proof does not hold. {plain(str(fault))}", file=sys.stderr)
        return 1
    log, size = found.checkpoint.origin, found.checkpoint.size
    print(plain(f"The proof holds: it is entry {found.index} of {log}, among {size:,} that the log signed."))
    return 0


def _shown(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} of {of:,} entries", end="\n" if done >= of else "", file=sys.stderr, flush=True)


def _told(found: Found, given: Trust):
    whole = found.scope is None
    yield f"The {'trail' if whole else 'extract'} of {found.log} holds."
    yield f"{found.entries:,} entries, each recomputed from its fields" + (
        ", linked, and hashed into the tree." if whole else ", and proved to stand under the checkpoint."
    )
    yield (
        f"{found.checkpoints:,} checkpoints signed by the log; {found.cosignatures:,} cosignatures of witnesses; "
        f"{found.time_stamps:,} time-stamps."
    )
    yield from _told_of_clocks(found)
    yield f"{found.statements:,} statements that people signed, {found.passkeys:,} of them by passkey."
    if found.by_password:
        yield (
            f"{found.by_password:,} of these are by a password alone: of an installation of development, or of a "
            "release whose trail does not say which it is."
        )
    if found.without_terms:
        yield (
            f"{found.without_terms:,} of these are of releases in which statements of their act had no terms. Which "
            "outcome, tier, role or validation was meant, their sentences say; compare them with the entries."
        )
    if found.untimed:
        yield (
            f"Of {found.untimed:,} of these the extract does not say whether it was the time to sign: it may lack that "
            "the clock was set back, which an extract or export of this release holds."
        )
    if found.passkeys_of_unsaid_keys and whole:
        yield (
            f"{found.passkeys_of_unsaid_keys:,} of these passkeys were enrolled before entries said their keys: their "
            "signatures hold, and whose keys they are is for you to find out."
        )
    if found.passkeys_of_unsaid_keys and not whole:
        yield (
            f"{found.passkeys_of_unsaid_keys:,} of these passkeys the extract does not show to be those of their "
            "signers: it lacks the entries of their enrolment, which an extract or export of this release holds."
        )
    if not whole:
        yield (
            "An extract shows that these entries were recorded, not that there were no others, such as that a passkey "
            "was removed."
        )
    if found.cosignatures and not given.witnesses:
        yield (
            "Who these witnesses are came with the export, and so proves nothing to you. Name those you know with "
            f"--witness; it names {', '.join(found.trust.witnesses)}"
        )
    if found.time_stamps and not given.authorities:
        yield (
            "Whose time-stamps these are came with the export, and so proves nothing to you. Name the authority that "
            "you know with --authority."
        )
    if not given.log:
        yield f"The log's key came with the export. Compare it with the one that was published: {found.trust.log}"


def _told_of_clocks(found: Found):
    """What clocks outside say of when it was; nothing where none is heard."""
    if found.newest_seen:
        yield f"The newest checkpoint was first seen by a clock outside at {_second(found.newest_seen)}."
    latest, ahead, unseen = found.clocks.latest, found.clocks.ahead, found.clocks.unseen
    if latest:
        late = timedelta(seconds=max(0, round((latest.seen - latest.dated).total_seconds())))
        yield (
            f"No entry was seen outside more than {late} after its date; that is entry {latest.position}, dated "
            f"{_second(latest.dated)} and seen at {_second(latest.seen)}. None can have been dated back by more."
        )
    if ahead:
        yield (
            f"Entry {ahead.position} is dated {_second(ahead.dated)}, and was seen outside at {_second(ahead.seen)}: "
            "the clock of the log was ahead by then, or set so."
        )
    if latest and unseen:
        yield f"The last {unseen:,} entries nobody outside has dated: when they were made is what the log says."


def _second(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
