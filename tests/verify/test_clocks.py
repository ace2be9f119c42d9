"""What outside clocks say of the dates of entries: how far one may have been dated back, and whether one is ahead."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mrm_verify.canonical import canonical
from mrm_verify.clocks import Seen, compare
from mrm_verify.command import main
from mrm_verify.notes import COSIGNATURE, Checkpoint, VerifierKey, cosigned_text, signature_line
from tests.verify.test_hostile_exports import LOG, contents, packed

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECRET = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
WITNESS = VerifierKey("witness.example/w1", COSIGNATURE, SECRET.public_key())


def dates(*moments: datetime) -> dict[int, str]:
    return {position: moment.isoformat(timespec="microseconds") for position, moment in enumerate(moments)}


def test_the_longest_wait_bounds_how_far_an_entry_may_be_dated_back():
    dated = dates(NOON, NOON + DAY, NOON + DAY, NOON + 2 * DAY)
    clocks = compare([(3, NOON + 20 * DAY), (1, NOON)], dated, 4)
    assert clocks.latest == Seen(1, NOON + DAY, NOON + 20 * DAY)
    assert (clocks.ahead, clocks.unseen) == (None, 1)


def test_an_entry_that_is_dated_after_it_was_seen_is_told():
    dated = dates(NOON, NOON + timedelta(minutes=1), NOON + DAY)
    assert compare([(2, NOON)], dated, 3).ahead is None, "clocks of two houses differ by a moment"
    assert compare([(2, NOON), (3, NOON)], dated, 3).ahead == Seen(2, NOON + DAY, NOON)


def cosigned(folder: Path, *, at: datetime, dated: datetime) -> Path:
    """A trail of five entries of that date, cosigned then."""
    members = contents(5, dict.fromkeys(range(5), dated.isoformat(timespec="microseconds")))
    manifest = json.loads(members["manifest.json"])
    body, seconds = Checkpoint.read(manifest["checkpoint"]).body, int(at.timestamp())
    blob = WITNESS.id + seconds.to_bytes(8, "big") + SECRET.sign(cosigned_text(body, seconds).encode())
    note = manifest["checkpoint"] + signature_line(WITNESS.name, blob)
    manifest["keys"]["witnesses"] = [str(WITNESS)]
    members["manifest.json"] = json.dumps(manifest).encode()
    members["checkpoints.ndjson"] = canonical({"note": note, "time_stamps": []}) + b"\n"
    return packed(folder, members)


@pytest.mark.parametrize(
    ("at", "dated", "told"),
    [
        (
            NOON + 20 * DAY,
            NOON,
            "more than 20 days, 0:00:00 after its date; that is entry 0,",
        ),
        (NOON, NOON, "more than 0:00:00 after its date"),
        (NOON, NOON + DAY, "Entry 4 is dated 2026-11-03 12:00:00 UTC, and was seen outside at 2026-11-02 12:00:00 UTC"),
    ],
    ids=["dated back", "in time", "dated ahead"],
)
def test_whoever_names_a_witness_is_told_what_its_clock_says_of_the_dates(tmp_path, capsys, at, dated, told):
    file = cosigned(tmp_path, at=at, dated=dated)
    assert main(["trail", str(file), "--jobs", "1", "--key", str(LOG), "--witness", str(WITNESS)]) == 0
    said = capsys.readouterr().out
    assert f"first seen by a clock outside at {at:%Y-%m-%d %H:%M:%S} UTC" in said and told in said
    assert ("was ahead by then" in said) == (dated > at)


def test_a_trail_that_nobody_outside_has_seen_is_told_no_times(tmp_path, capsys):
    assert main(["trail", str(packed(tmp_path, contents())), "--jobs", "1", "--key", str(LOG)]) == 0
    assert "outside" not in capsys.readouterr().out
