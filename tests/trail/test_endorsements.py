"""Witnesses that cosign checkpoints and authorities that date them: real servers, and what happens when they fail."""

import asyncio
import base64
from hashlib import sha256

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from audits.trail.models import Checkpoint, Endorsement, Endorser
from audits.trail.services import endorse_checkpoints, note_in_full, sign_checkpoint, trust, verify_trail
from inventory.services import edit_model
from mrm.adapters import keys, outside, witnesses
from mrm.adapters.keys.clock import LocalClock
from mrm.adapters.keys.keyring import Keyring
from mrm.adapters.keys.sealing import signer
from mrm_verify.command import main
from mrm_verify.export import verify_export
from mrm_verify.faults import Fault
from mrm_verify.notes import COSIGNATURE, VerifierKey
from mrm_verify.notes import Checkpoint as Note
from mrm_verify.timestamps import check_token
from mrm_verify.trust import Trust
from reports.services import export_trail
from tests.trail.conftest import Clock, serving


def grow(model, times: int = 3) -> Checkpoint:
    for number in range(times):
        edit_model(model, changes={"purpose": f"Grown {Checkpoint.objects.count()} {number}."}, actor=None)
    return sign_checkpoint()


def exported(folder):
    file = folder / "trail.zip"
    file.write_bytes(b"".join(export_trail(wanted={}, actor=None)))
    return file


def test_a_witness_cosigns_each_newest_checkpoint_and_what_it_said_is_kept_and_verified(trail, witness, tmp_path):
    first = sign_checkpoint()
    assert [endorser.fault for endorser in endorse_checkpoints()] == [""]
    second = grow(trail)
    assert [endorser.size for endorser in endorse_checkpoints()] == [second.size]
    for checkpoint in (first, second):
        assert Note.read(note_in_full(checkpoint)).cosigned_at(witness.key) is not None
    assert verify_trail().holds, verify_trail().fault
    assert verify_export(exported(tmp_path), Trust()).cosignatures == 2


def test_a_witness_whom_the_auditor_names_has_to_have_cosigned_the_newest_checkpoint(trail, witness, tmp_path, capsys):
    sign_checkpoint()
    endorse_checkpoints()
    stranger = VerifierKey("witness.example/w1", COSIGNATURE, Ed25519PrivateKey.generate().public_key())
    named, other = Trust(witnesses=(str(witness.key),)), Trust(witnesses=(str(stranger),))
    assert verify_export(exported(tmp_path), named).cosignatures == 1
    for given in (other, Trust(witnesses=(str(witness.key), str(stranger)))):
        with pytest.raises(Fault, match="witness.example/w1 has not cosigned the newest checkpoint"):
            verify_export(exported(tmp_path), given)
    assert main(["trail", str(exported(tmp_path)), "--jobs", "1", "--witness", str(stranger)]) == 1
    assert "has not cosigned" in capsys.readouterr().err
    grow(trail)
    with pytest.raises(Fault, match="has not cosigned the newest checkpoint"):
        verify_export(exported(tmp_path), named)


def test_witnesses_that_the_export_names_itself_are_said_to_be(trail, witness, tmp_path, capsys):
    sign_checkpoint()
    endorse_checkpoints()
    file, told = exported(tmp_path), f"with --witness; it names {witness.key}"
    assert main(["trail", str(file), "--jobs", "1"]) == 0
    assert told in capsys.readouterr().out
    assert main(["trail", str(file), "--jobs", "1", "--witness", str(witness.key)]) == 0
    assert "--witness" not in capsys.readouterr().out


def test_the_command_has_the_newest_checkpoint_attested_to_before_it_writes(
    trail, time_stamp_authority, witness, tmp_path
):
    file, given = tmp_path / "all.zip", Trust("", (str(witness.key),), (time_stamp_authority.root,))
    for _ in range(2):  # The second time within the pause between two time-stamps.
        grow(trail)
        call_command("export_trail", str(file))
        verify_export(file, given)


def test_an_authority_whom_the_auditor_names_has_to_have_stamped_the_newest_checkpoint(
    trail, time_stamp_authority, tmp_path, capsys
):
    sign_checkpoint()
    root = tmp_path / "root.pem"
    root.write_text(time_stamp_authority.root)
    asked = ["trail", str(tmp_path / "trail.zip"), "--jobs", "1"]
    exported(tmp_path)
    assert main([*asked, "--authority", str(root)]) == 1
    assert "bears no time-stamp under CN=Outside authority" in capsys.readouterr().err
    endorse_checkpoints()
    exported(tmp_path)
    assert main([*asked, "--authority", str(root)]) == 0
    assert "--authority" not in capsys.readouterr().out
    assert main(asked) == 0
    assert "that you know with --authority" in capsys.readouterr().out


def test_the_cosignature_stands_under_the_checkpoint_that_the_api_gives(trail, witness, api, auditor):
    sign_checkpoint()
    endorse_checkpoints()
    note = api(auditor).get("/api/v1/trail/checkpoint").content.decode()
    assert Note.read(note).cosigned_at(witness.key) is not None


def test_the_same_checkpoint_is_not_cosigned_twice(trail, witness):
    sign_checkpoint()
    for _ in range(3):
        endorse_checkpoints()
    assert Endorsement.objects.count() == 1


def test_a_witness_that_saw_more_than_we_remember_is_asked_from_there(trail, witness):
    sign_checkpoint()
    endorse_checkpoints()
    grow(trail)
    endorse_checkpoints()
    Endorser.objects.update(size=0)
    newest = grow(trail)
    assert [endorser.fault for endorser in endorse_checkpoints()] == [""]
    assert Endorser.objects.get().size == newest.size


def test_a_witness_gives_away_a_trail_that_was_set_back(trail, witness):
    before = transaction.savepoint()
    grow(trail)
    endorse_checkpoints()
    transaction.savepoint_rollback(before)
    grow(trail, times=1)
    [endorser] = endorse_checkpoints()
    assert "was set back or rewritten" in endorser.fault
    assert not Endorsement.objects.exists()


def test_a_witness_gives_away_a_trail_that_was_rewritten(trail, witness):
    before = transaction.savepoint()
    grow(trail, times=2)
    endorse_checkpoints()
    transaction.savepoint_rollback(before)
    edit_model(trail, changes={"purpose": "Another history."}, actor=None)
    grow(trail, times=4)
    [endorser] = endorse_checkpoints()
    assert "refused the checkpoint with 422" in endorser.fault


def test_a_witness_that_is_away_is_shown_asked_again_and_stops_nothing(trail, settings):
    twin = witnesses.InMemoryWitness("witness.example/w2")
    settings.WITNESSES = [f"{twin.key} http://127.0.0.1:9"]
    checkpoint = sign_checkpoint()
    [endorser] = endorse_checkpoints()
    assert "did not answer" in endorser.fault and endorser.tried_at
    edit_model(trail, changes={"purpose": "Goes on."}, actor=None)
    log = VerifierKey.read(trust().log)
    with serving(lambda path, body: twin.receive(body, log)) as url:
        settings.WITNESSES = [f"{twin.key} {url}"]
        [endorser] = endorse_checkpoints()
    assert (endorser.fault, endorser.size) == ("", checkpoint.size)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, "text/plain", b""), "holds no signature of its key"),
        ((200, "text/plain", b"\xff\xfe"), "malformed"),
        ((500, "text/plain", b""), "refused the checkpoint with 500"),
        ((409, "text/plain", b"?"), "refused the checkpoint with 409"),
        ((409, "text/x.tlog.size", b"999999"), "was set back or rewritten"),
        ((200, "text/plain", b"x" * 300_000), "more than"),
    ],
)
def test_a_witness_that_answers_nonsense_is_named_and_nothing_is_kept(trail, settings, answer, said):
    with serving(lambda path, body: answer) as url:
        settings.WITNESSES = [f"{witnesses.InMemoryWitness('odd').key} {url}"]
        sign_checkpoint()
        [endorser] = endorse_checkpoints()
    assert said in endorser.fault
    assert not Endorsement.objects.exists()


def test_a_witness_whose_key_cannot_be_read_is_shown(trail, settings):
    settings.WITNESSES = ["nonsense http://127.0.0.1:9"]
    sign_checkpoint()
    assert "malformed" in endorse_checkpoints()[0].fault or "not an Ed25519 key" in endorse_checkpoints()[0].fault


def test_the_witness_in_memory_keeps_the_rules_of_the_real_one(trail, settings):
    settings.WITNESSES = [f"memory:{trail.pk}"]
    sign_checkpoint()
    assert endorse_checkpoints()[0].fault == ""
    assert verify_trail().holds


def test_a_time_stamp_of_a_real_authority_is_kept_and_verified(trail, time_stamp_authority, tmp_path):
    checkpoint = sign_checkpoint()
    [endorser] = endorse_checkpoints()
    assert (endorser.fault, endorser.size) == ("", checkpoint.size)
    stamp = Endorsement.objects.get(kind="time_stamp")
    assert abs((stamp.stated_at - checkpoint.signed_at).total_seconds()) < 30
    assert verify_trail().holds, verify_trail().fault
    found = verify_export(exported(tmp_path), Trust())
    assert (found.time_stamps, found.newest_seen, found.clocks.ahead) == (1, stamp.stated_at, None)
    openssl_agrees(stamp, time_stamp_authority, Note.read(checkpoint.note).body)


def openssl_agrees(stamp: Endorsement, clock: Clock, stamped: str) -> None:
    (clock.folder / "token").write_bytes(base64.b64decode(stamp.content))
    (clock.folder / "stamped").write_text(stamped)
    clock.run("ts", "-verify", "-data", "stamped", "-in", "token", "-token_in", "-CAfile", "ca.pem")


def test_not_every_checkpoint_is_stamped_but_one_in_the_time_that_is_set(trail, time_stamp_authority, settings):
    sign_checkpoint()
    endorse_checkpoints()
    grow(trail)
    assert endorse_checkpoints() == []
    settings.TIME_STAMP_MINUTES = 0
    assert endorse_checkpoints()[0].fault == ""
    assert Endorsement.objects.count() == 2


def test_a_time_stamp_of_a_stranger_is_not_accepted(trail, time_stamp_authority, settings):
    (time_stamp_authority.folder.parent / "keys" / "trusted" / "clock.pem").unlink()
    sign_checkpoint()
    assert "No trusted authority stands above" in endorse_checkpoints()[0].fault
    assert not Endorsement.objects.exists()


def test_a_clock_that_is_away_or_talks_nonsense_is_shown_and_stops_nothing(trail, settings):
    sign_checkpoint()
    settings.TSA_URL = "http://127.0.0.1:9/"
    assert "did not answer" in endorse_checkpoints()[0].fault
    for answer in ((200, "text/html", b"<html>"), (500, "application/timestamp-reply", b""),
                   (200, "application/timestamp-reply", b"nonsense")):  # fmt: skip
        with serving(lambda path, body, answer=answer: answer) as settings.TSA_URL:
            assert endorse_checkpoints()[-1].fault
    edit_model(trail, changes={"purpose": "Goes on."}, actor=None)
    assert verify_trail().holds


def test_a_certificate_for_something_else_stamps_nothing(tmp_path):
    (tmp_path / "clock").mkdir()
    clock = Clock(tmp_path / "clock", purposes="critical,timeStamping,codeSigning").make()
    root = x509.load_pem_x509_certificate(clock.root.encode())
    certificate = x509.load_pem_x509_certificate((clock.folder / "clock.pem").read_bytes())
    clock_key = keys.authority.load_pem_private_key((clock.folder / "clock.key").read_bytes(), None)
    identity = keys.authority.Identity(clock_key, certificate, (root,))
    stamper = LocalClock(signer(identity))
    with serving(lambda path, body: replied(stamper, body)) as url:
        token = Keyring(tmp_path / "keys", "Bank", time_stamp_url=url).time_stamp(sha256(b"x").digest())
    with pytest.raises(Fault, match="not for time-stamps"):
        check_token(token, b"x", [root])


def replied(stamper, body: bytes):
    reply = asyncio.run(stamper.async_request_tsa_response(tsp.TimeStampReq.load(body)))
    return 200, "application/timestamp-reply", reply.dump()


@pytest.fixture
def token(tmp_path) -> tuple[bytes, list]:
    """A token of our own clock, and its root."""
    keyring = Keyring(tmp_path / "keys", "Bank")
    return keyring.time_stamp(sha256(b"stamped").digest()), keyring.trusted_roots()


def test_a_token_of_our_own_clock_holds_for_what_it_stamped_only(token):
    made, roots = token
    check_token(made, b"stamped", roots)
    with pytest.raises(Fault, match="something else"):
        check_token(made, b"other", roots)
    with pytest.raises(Fault, match="No trusted authority"):
        check_token(made, b"stamped", [])


def test_a_token_with_a_changed_byte_says_nothing_else_and_is_never_stumbled_over(token):
    """A few bytes of the wrapping are not signed; changing them changes neither what was stamped nor when."""
    made, roots = token
    at, unsigned = check_token(made, b"stamped", roots), 0
    for place in range(0, len(made), 3):
        changed = bytearray(made)
        changed[place] ^= 0x01
        try:
            assert check_token(bytes(changed), b"stamped", roots) == at
            unsigned += 1
        except Fault:
            continue
    assert unsigned < len(made) / 3 / 20


@pytest.mark.parametrize("content", [b"", b"\x30", b"\x30\x80\x00\x00", b"\x30\x84\xff\xff\xff\xff", bytes(100)])
def test_what_is_no_token_is_refused_in_words(content):
    with pytest.raises(Fault, match="malformed"):
        check_token(content, b"", [])


@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET content = ''", "TRUNCATE {} CASCADE"])
def test_what_others_said_is_never_changed(trail, settings, statement):
    settings.WITNESSES = [f"memory:{trail.pk}"]
    sign_checkpoint()
    endorse_checkpoints()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement.format("trail_endorsement"))


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://",
        "not an address",
        "http://nowhere.invalid/",
    ],
)
def test_no_address_of_the_network_below_us_is_ever_reached(url):
    with pytest.raises(outside.Unreachable):
        outside.post(url, b"", content_type="text/plain")


def test_an_address_that_a_user_gave_may_not_lead_into_our_own_network():
    with serving(lambda path, body: (200, "text/plain", body)) as url:
        assert outside.post(url, b"x", content_type="text/plain").content == b"x"
        for inside in (url, url.replace("127.0.0.1", "localhost"), "http://10.0.0.1/", "http://[::1]/",
                       "http://[::ffff:127.0.0.1]/", "http://192.168.1.1/", "http://2130706433/",
                       "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:7f00:1::]/",
                       "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/"):  # fmt: skip
            with pytest.raises(outside.Unreachable, match="may not be reached"):
                outside.post(inside, b"x", content_type="text/plain", given_by_user=True)


def test_a_redirect_is_not_followed():
    with serving(lambda path, body: (307, "text/plain", b"elsewhere")) as url:
        assert outside.post(url, b"x", content_type="text/plain").status == 307
