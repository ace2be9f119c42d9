"""What signs checkpoints and what verifies them, against the vectors of RFC 8032, section 7.1 (Ed25519)."""

import base64
from hashlib import sha512

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mrm.adapters.notes import sign_note
from mrm_verify.faults import Fault
from mrm_verify.notes import ED25519, Checkpoint, VerifierKey, checkpoint_body
from mrm_verify.proof import Proof, verify_proof, write_proof

# Secret key, public key, message, signature: tests 1, 2, 3 and 1024.
LONG = (
    "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1e355f6c50544e23fb1"
    "433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d658675fc6ea534e0810a4432826bf58c941e"
    "fb65d57a338bbd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a5791"
    "16ec6dad2b3b310da903401aa62100ab5d1a36553e06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499"
    "da96bd68a8a97b928a8bbc103b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bd"
    "cb7ed185ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6"
    "f1ce22b3de1a1f40cc24554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f27088d78b7e883c8759d2c4f5c65adb75"
    "53878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089beccf80cfe2df16a2cf65bd92dd597b0707e0917af48bbb75"
    "fed413d238f5555a7a569d80c3414a8d0859dc65a46128bab27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51add"
    "d3b75a2b1ae0784504df543af8969be3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e0"
    "56a9b47acdb751fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb038dda0847dd988dcda6f3"
    "bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34dff7310fdc82aebfd904b01e1d"
    "c54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7984a74d37145986780fc0b16ac451649de6188a7db"
    "df191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e488acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc56"
    "00a32ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f25"
    "6656168e6c496afc5fb93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f161"
    "0e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380db2eaaa707b4c4185c3"
    "2eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8cac60c905c15fc910840b94c00a0b9d0"
)
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
    "1024": (
        "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
        "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
        LONG,
        "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b"
        "5e8fcd4f681e30a6ac00a9704a188a03",
    ),
}
TEXTS = ("1", "2")  # Whose messages are texts, as notes are.

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
    note = sign_note(bytes.fromhex(message).decode(), "log", key_of(secret)) if test in TEXTS else None
    assert key_of(secret).public_key().public_bytes_raw().hex() == public
    assert key_of(secret).sign(bytes.fromhex(message)).hex() == signature
    if note:
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
