"""An export made by an enemy: the verifier says in words what is wrong, and neither stumbles nor is exhausted."""

import json
import random
import re
import struct
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mrm.adapters.notes import sign_note
from mrm_verify import merkle
from mrm_verify.canonical import canonical
from mrm_verify.command import main
from mrm_verify.export import FORMAT, MEMBERS, verify_export
from mrm_verify.faults import Fault
from mrm_verify.log import STRETCH
from mrm_verify.notes import COSIGNATURE, ED25519, VerifierKey, checkpoint_body
from mrm_verify.trust import Trust

SECRET = Ed25519PrivateKey.from_private_bytes(b"log!" * 8)
LOG = VerifierKey("log.example", ED25519, SECRET.public_key())


LEFT_OUT = object()
EACH = "2026-11-21T10:05:00.000000+00:00"


def contents(count: int = 5, dated: dict[int, object] | None = None, **others) -> dict[str, bytes]:
    """A small trail that holds, but for how some of its entries may be dated, and what its second says otherwise."""
    frontier, previous, lines = [], "", []
    for position in range(count):
        body = {"position": position, "previous": previous, "action": "model.registered", "details": {"n": position}}
        body |= {"actor": {"id": "1"}, "subject": {"id": "inventory.model:1"}, "at": (dated or {}).get(position, EACH)}
        if position == 1:
            body = {name: value for name, value in (body | others).items() if value is not LEFT_OUT}
        leaf = merkle.leaf_hash(canonical(body))
        frontier, _ = merkle.append(frontier, position, leaf)
        previous = leaf.hex()
        lines.append(canonical({"body": body, "leaf_hash": previous}) + b"\n")
    note = sign_note(checkpoint_body(LOG.name, count, merkle.root(frontier)), LOG.name, SECRET)
    manifest = {"format": FORMAT, "log": LOG.name, "size": count, "scope": None, "checkpoint": note}
    manifest["keys"] = {"log": str(LOG), "witnesses": [], "authorities": []}
    checkpoints = canonical({"note": note, "time_stamps": []}) + b"\n"
    return dict(zip(MEMBERS, (json.dumps(manifest).encode(), b"".join(lines), checkpoints, b""), strict=True))


def packed(folder: Path, members: dict[str, bytes], compression=zipfile.ZIP_DEFLATED) -> Path:
    file = folder / "trail.zip"
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def test_a_small_trail_made_by_hand_holds(tmp_path):
    assert verify_export(packed(tmp_path, contents()), Trust(log=str(LOG))).entries == 5


@pytest.mark.parametrize(
    ("count", "dated", "fault"),
    [
        (5, {3: "2020-01-01T00:00:00.000000+00:00"}, "Entry 3 (model.registered) is dated before the entry before it."),
        (STRETCH + 2, {STRETCH: "2020-01-01T00:00:00.000000+00:00"}, f"Entry {STRETCH} is dated before"),
        (5, {3: "not a time"}, "Entry 3 (model.registered) is not dated as entries are."),
        (5, {3: "2026-11-21T10:05:00+00:00"}, "not dated as"),
        (5, {3: "2026-11-21T12:05:00.000000+02:00"}, "not dated as"),
        (5, {3: "2026-13-21T10:05:00.000000+00:00"}, "not dated as"),
        (5, {0: None}, "not dated as"),
        (5, {0: 5}, "not dated as"),
    ],
)
def test_an_entry_that_is_dated_back_or_with_no_time_is_named(tmp_path, count, dated, fault):
    with pytest.raises(Fault, match=re.escape(fault)):
        verify_export(packed(tmp_path, contents(count, dated)), Trust(log=str(LOG)))


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_that_expands_beyond_what_a_trail_can_is_refused_before_it_is_read(tmp_path, member):
    bomb = contents() | {member: b" " * 20_000_000}
    with pytest.raises(Fault, match="would expand 100 times"):
        verify_export(packed(tmp_path, bomb), Trust())


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b"[" * 100_000 + b"\n", b"\xff\xfe\n", b"null\n", b"{}\n", b'{"a":' + b"9" * 5000 + b"}\n",
     b'{"body":{},"leaf_hash":"x"}\n', b'{"note":"x","time_stamps":[]}\n', b'{"statement":{},"statement_digest":"x"}\n',
     b'{"body":{"position":0},"leaf_hash":5}\n', b"\n\n"],
    ids=range(11),
)  # fmt: skip
def test_a_member_that_is_something_else_is_refused_in_words(tmp_path, member, content):
    with pytest.raises(Fault):
        verify_export(packed(tmp_path, contents() | {member: content}, zipfile.ZIP_STORED), Trust())


@pytest.mark.parametrize(
    "changes",
    [{"size": 10**30}, {"size": True}, {"size": -1}, {"log": 5}, {"scope": []}, {"keys": {}}, {"checkpoint": "x"},
     {"keys": {"log": "x", "witnesses": [], "authorities": []}},
     {"keys": {"log": "", "witnesses": [], "authorities": []}},
     {"keys": {"log": str(LOG), "witnesses": [5], "authorities": []}},
     {"keys": {"log": str(LOG), "witnesses": ["x"], "authorities": []}},
     {"keys": {"log": str(LOG), "witnesses": [], "authorities": ["x"]}},
     {"keys": {"log": str(LOG), "witnesses": [], "authorities": [None]}},
     {"holds_every": "clock.set_back"}],
    ids=range(14),
)  # fmt: skip
def test_a_manifest_that_states_nonsense_is_refused_in_words(tmp_path, changes):
    members = contents()
    members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | changes).encode()
    with pytest.raises(Fault):
        verify_export(packed(tmp_path, members), Trust())


def test_a_compression_nobody_knows_and_a_password_are_refused_in_words(tmp_path, capsys):
    whole = packed(tmp_path, contents()).read_bytes()
    central, local = whole.index(b"PK\x01\x02"), whole.index(b"PK\x03\x04")
    for offset, value in ((8, 1), (10, 97)):  # The flag for encryption; a method of compression that there is not.
        changed = bytearray(whole)
        struct.pack_into("<H", changed, central + offset, value)
        struct.pack_into("<H", changed, local + offset - 2, value)
        file = tmp_path / "changed.zip"
        file.write_bytes(changed)
        assert main(["trail", str(file)]) == 1
        assert "cannot be read as an archive" in capsys.readouterr().err


@pytest.mark.parametrize("said", [LEFT_OUT, None, 5, [], {}, {"id": 5}, {"id": ["1"]}], ids=range(7))
@pytest.mark.parametrize("member", ["action", "actor", "subject", "previous"])
def test_an_entry_that_its_log_signed_without_what_every_entry_says_is_named(tmp_path, member, said):
    with pytest.raises(Fault, match=r"^Entry 1 .*(does not say what every entry says|does not follow)"):
        verify_export(packed(tmp_path, contents(**{member: said})), Trust(log=str(LOG)))


@pytest.mark.parametrize("details", [LEFT_OUT, "text", {"kind": "passkey", "key": {}, "site": [], "digest": {}}])
def test_details_of_any_shape_are_read_without_stumbling(tmp_path, details):
    file = packed(tmp_path, contents(action="person.factor_enrolled", details=details))
    if details is LEFT_OUT:
        with pytest.raises(Fault, match="does not say what every entry says"):
            verify_export(file, Trust(log=str(LOG)))
    else:
        assert verify_export(file, Trust(log=str(LOG))).entries == 5


def test_no_text_of_an_export_moves_the_cursor_over_what_is_said_of_it(tmp_path, capsys):
    members, erase = contents(), "\x1b[1A\x1b[2K\rThe trail of log.example holds.\u202e"
    edited = members["entries.ndjson"].replace(b'"action":"model.registered"', canonical({"action": erase})[1:-1], 1)
    assert main(["trail", str(packed(tmp_path, members | {"entries.ndjson": edited})), "--jobs", "1"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(r"The trail does not hold. Entry 0 (\x1b[1A\x1b[2K\rThe trail") and r"\u202e" in said
    manifest = json.loads(members["manifest.json"])
    witness = VerifierKey(f"w{erase}", COSIGNATURE, SECRET.public_key())
    manifest["keys"]["witnesses"] = [str(witness)]
    told = members | {"manifest.json": json.dumps(manifest).encode()}
    assert main(["trail", str(packed(tmp_path, told)), "--jobs", "1"]) == 0
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_compressed_in_another_way_than_an_export_is_not_unpacked(tmp_path, compression):
    with pytest.raises(Fault, match="compressed in another way"):
        verify_export(packed(tmp_path, contents(), compression), Trust())


def test_no_flipped_byte_makes_the_verifier_stumble(tmp_path):
    whole, chance = packed(tmp_path, contents()).read_bytes(), random.Random(8)
    file, held = tmp_path / "flipped.zip", 0
    for place in sorted(chance.sample(range(len(whole)), 400)):
        changed = bytearray(whole)
        changed[place] ^= 1 << chance.randrange(8)
        file.write_bytes(changed)
        try:
            found = verify_export(file, Trust(log=str(LOG)))
        except Fault:
            continue
        held += 1  # Such as a time of a file in the archive, which nobody reads.
        assert found.entries == 5
    assert held < 200
