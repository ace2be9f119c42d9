"""Which files are taken for models, and what is said about the others."""

import gzip
import io
import os
import pickle
import zipfile

import numpy as np
import pytest

from audits.scoring.errors import ArtifactRefused
from audits.scoring.formats import Framework, identify
from tests.scoring import artifacts

GENUINE = {
    Framework.ONNX: artifacts.onnx_bytes,
    Framework.XGBOOST: artifacts.xgboost_bytes,
    Framework.LIGHTGBM: artifacts.lightgbm_bytes,
    Framework.SKOPS: artifacts.skops_bytes,
}


@pytest.fixture
def written(tmp_path):
    def write(content, name="model.bin"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("framework", Framework)
def test_a_model_is_known_by_its_content_whatever_its_name(written, framework):
    for name in ("model.pkl", "model.onnx", "model"):
        assert identify(written(GENUINE[framework](), name)) is framework


def test_xgboost_json_is_known(written):
    assert identify(written(artifacts.xgboost_bytes("json"))) is Framework.XGBOOST


def test_compressed_bytes_that_happen_to_read_as_a_pickle_do_not_make_a_model_one(written):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", b"\\H{}\nN.")
    assert identify(written(buffer.getvalue())) is Framework.SKOPS


def test_bytes_with_strange_escapes_are_refused_without_a_warning(written):
    with pytest.raises(ArtifactRefused, match="not in a format that is known"):
        identify(written(b"P\\H\n\xff"))


@pytest.mark.parametrize("name", ["model.onnx", "model.json", "model.ubj", "model.txt", "model.skops", "model.pkl"])
def test_a_pickle_with_a_friendly_name_is_refused_and_never_run(written, tmp_path, name):
    canary = tmp_path / "canary"
    for content in artifacts.pickles(str(canary)).values():
        with pytest.raises(ArtifactRefused, match="is a Python pickle, which runs code when it is opened"):
            identify(written(content, name))
    assert not canary.exists()
    pickle.loads(artifacts.pickles(str(canary))["protocol 4"]).close()
    assert canary.exists(), "the canary would have told"


@pytest.mark.parametrize("framework", Framework)
def test_a_model_cut_off_is_refused(written, framework):
    content = GENUINE[framework]()
    for keep in (len(content) // 2, len(content) - 40, 30):
        with pytest.raises(ArtifactRefused):
            identify(written(content[:keep]))


def zip_of(members, **options):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def array_of_objects():
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}], dtype=object), allow_pickle=True)
    return buffer.getvalue()


STRANGERS = {
    "an empty file": (b"", "is empty"),
    "a PyTorch file": (zip_of({"archive/data.pkl": b"x"}), "as PyTorch writes it"),
    "some other zip": (zip_of({"word/document.xml": b"x"}), "not one that skops wrote"),
    "a skops file with a pickle": (zip_of({"schema.json": b"{}", "1.npy": pickle.dumps(1)}), "is a pickle"),
    "a skops file with Python objects": (zip_of({"schema.json": b"{}", "1.npy": array_of_objects()}), "Python objects"),
    "a skops file with a stranger": (zip_of({"schema.json": b"{}", "../evil.py": b""}), "'../evil.py'"),
    "a zip bomb": (
        zip_of({"schema.json": b"{}", "1.npy": bytes(50_000_000)}, compression=zipfile.ZIP_DEFLATED),
        "would grow from .* to 47.68 MiB",
    ),
    "a zip with too many members": (zip_of({f"{i}.npy": b"" for i in range(20_001)}), "20001 members"),
    "joblib's compressed pickle": (gzip.compress(pickle.dumps(1)), "gzip, as joblib writes pickles"),
    "an array": (array_of_objects(), "a NumPy array"),
    "JSON": (b'{"hello": "world"}', "names no learner"),
    "old XGBoost": (b"binf\x00\x00", "old binary format"),
    "Keras": (b"\x89HDF\r\n\x1a\n", "HDF5"),
    "a script": (b"#!/bin/sh\nrm -rf /\n", "not in a format that is known"),
    "noise": (np.random.default_rng(3).bytes(4096), "not in a format that is known"),
    "protobuf that is not ONNX": (b"\x08\x07\x9a\x06\x04abcd", "not a format that is known"),
}


@pytest.mark.parametrize("what", STRANGERS)
def test_what_is_no_model_is_refused_in_words(written, what):
    content, sentence = STRANGERS[what]
    with pytest.raises(ArtifactRefused, match=sentence):
        identify(written(content))


def test_a_model_too_large_is_refused(written):
    with pytest.raises(ArtifactRefused, match=r"has 2 KiB; at most 1 KiB are accepted\."):
        identify(written(bytes(2048)), largest=1024)


def test_what_is_not_an_ordinary_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArtifactRefused, match="not an ordinary file"):
        identify(tmp_path / "pipe")
    with pytest.raises(ArtifactRefused, match="cannot be read: No such file"):
        identify(tmp_path / "absent")
    with pytest.raises(ArtifactRefused, match="not an ordinary file|cannot be read"):
        identify(tmp_path)
