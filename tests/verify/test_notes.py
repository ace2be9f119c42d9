"""Signed notes, checkpoints and cosignatures against what others published and signed (C2SP)."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mrm.adapters.notes import sign_note, verifier_key
from mrm_verify.faults import Fault
from mrm_verify.notes import COSIGNATURE, ED25519, Checkpoint, VerifierKey, cosigned_text, signature_line

# The example in the documentation of the reference implementation (golang.org/x/mod/sumdb/note).
SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

# Checkpoints of the Go checksum database, as its own key signed them: size, root, signature.
GO_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
GO_CHECKPOINTS = {
    6476701: (
        "mb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=",
        "Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=",
    ),
    15067302: (
        "gJyioq6dwR9n+NjEWORfYmH+ubeYm3kH42BBQ0bTpYI=",
        "Az3grp1rvWOs5NKlr/xR4GLN/CDyzzakmt1o61uSxYKpK1SerqOP2ClbX/peKUZjYnyomH5Xz7GZG3TpB7OeKn4E2ww=",
    ),
    28891140: (
        "++pUIeKTwGvykMUkmM3AT97PwQipMT6H/p7t86E0Sp0=",
        "Az3grqNvOILDz7xwAKugtVFZwd+I9IyB/mHrUYzcVaS9zKsRVdRLNGLFpnAcLhyoBBkdIYEzK/+7Eu4wanYttLrPsQo=",
    ),
    52544510: (
        "+TGlZfnTizQCJgyZR56QixD8+X4dd8Wefy8U1w6k0Ig=",
        "Az3grn6d1PSjcypDf9bfcFVU5fvJB7VkLc0MAbz8jqeQVnSbAj9pKcsB5dJt5VdswPDUtiFar5LPRBu+uEQAT1CDfAc=",
    ),
}

# The example of the specification of cosignatures: who, and when.
COSIGNED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


def go_checkpoint(size: int) -> str:
    root, signature = GO_CHECKPOINTS[size]
    return f"go.sum database tree\n{size}\n{root}\n\n— sum.golang.org {signature}\n"


def test_a_note_is_signed_byte_for_byte_as_the_reference_implementation_signs_it():
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(SECRET.split("+", 4)[4])[1:])
    assert sign_note(TEXT, "PeterNeumann", key) == f"{TEXT}\n{SIGNED}"
    assert verifier_key("PeterNeumann", key.public_key()) == PUBLIC == str(VerifierKey.read(PUBLIC))


@pytest.mark.parametrize("how", ["c74f20a3", "ARpc", "PeterNeumann+"])
def test_a_verifier_key_that_was_altered_is_refused(how):
    altered = {"c74f20a3": "c74f20a4", "ARpc": "ARpd", "PeterNeumann+": "PeterNeumanm+"}[how]
    with pytest.raises(Fault):
        VerifierKey.read(PUBLIC.replace(how, altered, 1))


@pytest.mark.parametrize("size", GO_CHECKPOINTS)
def test_a_checkpoint_that_another_log_signed_in_earnest_is_read_and_verified(size):
    key, checkpoint = VerifierKey.read(GO_KEY), Checkpoint.read(go_checkpoint(size))
    assert (checkpoint.origin, checkpoint.size) == ("go.sum database tree", size)
    assert checkpoint.is_signed_by(key)
    other = next(other for other in GO_CHECKPOINTS if other != size)
    for altered in (
        go_checkpoint(size).replace(str(size), str(size + 1)),
        go_checkpoint(size).replace(GO_CHECKPOINTS[size][0], GO_CHECKPOINTS[other][0]),
        go_checkpoint(size).replace(GO_CHECKPOINTS[size][1], GO_CHECKPOINTS[other][1]),
        go_checkpoint(size).replace("go.sum", "go.sun"),
    ):
        assert not Checkpoint.read(altered).is_signed_by(key)
    assert not Checkpoint.read(go_checkpoint(size)).is_signed_by(VerifierKey.read(PUBLIC))


@pytest.mark.parametrize(
    "altered",
    [
        "\n1\n{root}\n\n— a AAAA\n",
        "log\n01\n{root}\n\n— a AAAA\n",
        "log\n-1\n{root}\n\n— a AAAA\n",
        "log\nx\n{root}\n\n— a AAAA\n",
        "log\n1\n!!!\n\n— a AAAA\n",
        "log\n1\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wl=\n\n— a AAAA\n",
        "log\n1\nAAAA\n\n— a AAAA\n",
        "log\n1\n{root}\n\n\n— a AAAA\n",
        "log\r\n1\r\n{root}\r\n\r\n— a AAAA\r\n",
        "log\x01\n1\n{root}\n\n— a AAAA\n",
        "log\n1\n{root}\n\n- a AAAA\n",
        "log\n1\n{root}\n\n— a b AAAA\n",
        "log\n1\n{root}\n\n— a AAA\n",
        "log\n1\n{root}\n\n— a AAAA",
        "log\n1\n{root}\n",
        "log\n\u0661\n{root}\n\n— a AAAA\n",
        f"log\n{'9' * 5000}\n{{root}}\n\n— a AAAA\n",
    ],
    ids=range(17),
)
def test_what_the_format_forbids_is_no_checkpoint(altered):
    with pytest.raises(Fault):
        Checkpoint.read(altered.format(root=GO_CHECKPOINTS[6476701][0]))


def test_the_cosignature_of_the_specification_is_read_as_it_says():
    checkpoint = Checkpoint.read(COSIGNED)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    [(name, blob)] = [line for line in checkpoint.signatures if line[0].startswith("witness.")]
    assert name == "witness.example.com/w1" and len(blob) == 4 + 8 + 64
    at = int.from_bytes(blob[4:12], "big")
    assert datetime.fromtimestamp(at, UTC) == datetime(2023, 3, 20, 12, 25, 47, tzinfo=UTC)
    assert cosigned_text(checkpoint.body, at).startswith(
        "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n"
    )
    assert signature_line(name, blob) in COSIGNED


def test_a_cosignature_dated_otherwise_or_under_another_kind_of_key_does_not_hold():
    key = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
    witness = VerifierKey("witness.example.com/w1", COSIGNATURE, key.public_key())
    body, at = Checkpoint.read(COSIGNED).body, 1679315147

    def cosigned(stated: int, signed: int = at) -> Checkpoint:
        blob = witness.id + stated.to_bytes(8, "big") + key.sign(cosigned_text(body, signed).encode())
        return Checkpoint.read(f"{body}\n{signature_line(witness.name, blob)}")

    assert cosigned(at).cosigned_at(witness) == at
    with pytest.raises(Fault, match="does not hold"):
        cosigned(at + 1).cosigned_at(witness)
    with pytest.raises(Fault, match="does not hold"):  # Signed in earnest, of a year that no clock says.
        cosigned(2**64 - 1, 2**64 - 1).cosigned_at(witness)
    assert not cosigned(at).is_signed_by(VerifierKey(witness.name, ED25519, key.public_key()))
