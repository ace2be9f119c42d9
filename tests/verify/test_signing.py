"""What signs checkpoints and what verifies them, against the vectors of RFC 8032, section 7.1 (Ed25519)."""

import base64
from hashlib import sha512

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mrm.adapters.notes import sign_note
from mrm_verify.faults import Fault
from mrm_verify.notes import ED25519, Checkpoint, VerifierKey, checkpoint_body
from mrm_verify.proof import Proof, verify_proof, write_proof

# Secret key, public key, message, signature: tests 1, 2 and 3.
VECTORS = {
    "1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    "2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
}

# The test "SHA(abc)" of section 7.1: the message is the SHA-512 of "abc".
ABC = (
    "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
    "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
    "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17a"
    "d9bef1177331a704",
)
ORDER = 2**252 + 27742317777372353535851937790883648493


def key_of(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))


@pytest.mark.parametrize("test", VECTORS)
def test_a_note_is_signed_as_the_rfc_signs(test):
    secret, public, message, signature = VECTORS[test]
    note = sign_note(bytes.fromhex(message).decode("latin-1"), "log", key_of(secret)) if test != "3" else None
    assert key_of(secret).public_key().public_bytes_raw().hex() == public
    assert key_of(secret).sign(bytes.fromhex(message)).hex() == signature
    if note:  # The message of test 3 is no text, and a note is one.
        assert base64.b64decode(note.splitlines()[-1].split()[-1])[4:].hex() == signature


@pytest.mark.parametrize("test", VECTORS)
def test_the_verifier_takes_what_these_keys_sign_and_nothing_else(test):
    key = key_of(VECTORS[test][0])
    log = VerifierKey("log.example", ED25519, key.public_key())
    assert VerifierKey.read(str(log)).key.public_bytes_raw().hex() == VECTORS[test][1]
    note = sign_note(checkpoint_body("log.example", 7, bytes(32)), "log.example", key)
    assert Checkpoint.read(note).is_signed_by(log)
    assert not Checkpoint.read(note.replace("\n7\n", "\n8\n")).is_signed_by(log)
    others = [key_of(secret) for name, (secret, *_) in VECTORS.items() if name != test]
    assert not any(
        Checkpoint.read(note).is_signed_by(VerifierKey("log.example", ED25519, other.public_key())) for other in others
    )


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "c2sp.org/tlog-proof@v1\n\n", "c2sp.org/tlog-proof@v1\nindex x\n\na\n1\nAA==\n\n— a AAAA\n",
     "c2sp.org/tlog-proof@v1\nindex 0\n!!\n\na\n1\nAA==\n\n— a AAAA\n"],
    ids=range(5),
)  # fmt: skip
def test_a_malformed_proof_is_refused_in_words(text):
    with pytest.raises(Fault):
        Proof.read(text)


def test_a_proof_of_another_log_does_not_hold():
    ours, theirs = (key_of(VECTORS[name][0]) for name in ("1", "2"))
    note = sign_note(checkpoint_body("log.example", 1, bytes(32)), "log.example", theirs)
    with pytest.raises(Fault, match="not signed by log.example"):
        verify_proof(b"{}", write_proof(0, [], note), str(VerifierKey("log.example", ED25519, ours.public_key())))


def test_a_digest_is_signed_as_the_rfc_signs():
    secret, public, signature = ABC
    assert key_of(secret).public_key().public_bytes_raw().hex() == public
    assert key_of(secret).sign(sha512(b"abc").digest()).hex() == signature


def malformed(signature: bytes) -> dict[str, bytes]:
    """What section 5.1.7 says is no signature, though most of it is one."""
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    return {
        "a scalar beyond the order of the group": signature[:32] + scalar.to_bytes(32, "little"),
        "nothing": bytes(64),
        "no point": b"\xff" * 32 + signature[32:],
        "too short": signature[:63],
        "too long": signature + b"\0",
    }


@pytest.mark.parametrize("how", sorted(malformed(bytes(64))))
def test_a_malformed_signature_under_a_checkpoint_is_none(how):
    key = key_of(ABC[0])
    log = VerifierKey("log.example", ED25519, key.public_key())
    note = sign_note(checkpoint_body("log.example", 7, bytes(32)), "log.example", key)
    line = note.splitlines()[-1]
    words = base64.b64decode(line.split()[-1])
    forged = base64.b64encode(words[:4] + malformed(words[4:])[how]).decode()
    try:
        holds = Checkpoint.read(note.replace(line.split()[-1], forged)).is_signed_by(log)
    except Fault:
        holds = False
    assert Checkpoint.read(note).is_signed_by(log) and not holds
