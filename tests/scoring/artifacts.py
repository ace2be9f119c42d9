"""Small models of every framework, trained once, and what their own libraries say about the same rows."""

import pickle
import struct
from dataclasses import dataclass
from functools import cache

import lightgbm
import numpy as np
import polars
import skops.io
import xgboost
from sklearn.linear_model import LogisticRegression

FEATURES = ["income", "debt", "age", "years at address"]


@dataclass(frozen=True)
class Data:
    """Rows with an interaction, a missing value here and there, and a binary label."""

    matrix: np.ndarray
    label: np.ndarray

    @property
    def table(self) -> polars.DataFrame:
        return polars.DataFrame(self.matrix, schema=FEATURES).with_columns(
            polars.Series("defaulted", self.label), polars.Series("id", [f"L-{i}" for i in range(len(self.label))])
        )


@cache
def data(seed: int = 0, shift: float = 0.0, rows: int = 400) -> Data:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, 4))
    signal = matrix[:, 0] - shift + matrix[:, 1] * matrix[:, 2] + rng.normal(size=rows)
    label = (signal > 0).astype(int)
    return Data(matrix, label)


@cache
def xgboost_model() -> xgboost.XGBClassifier:
    given = data()
    model = xgboost.XGBClassifier(
        n_estimators=15, max_depth=3, learning_rate=0.07, reg_lambda=2.5, scale_pos_weight=1.5, n_jobs=1
    )
    model.fit(given.matrix, given.label)
    model.get_booster().feature_names = FEATURES
    return model


def xgboost_bytes(kind: str = "ubj") -> bytes:
    return bytes(xgboost_model().get_booster().save_raw(kind))


@cache
def lightgbm_model() -> lightgbm.Booster:
    given = data()
    parameters = {"objective": "binary", "num_leaves": 7, "learning_rate": 0.05, "verbosity": -1, "num_threads": 1}
    names = [name.replace(" ", "_") for name in FEATURES]
    return lightgbm.train(parameters, lightgbm.Dataset(given.matrix, given.label, feature_name=names), 15)


def lightgbm_bytes() -> bytes:
    return lightgbm_model().model_to_string().encode()


@cache
def logistic_model() -> LogisticRegression:
    given = data()
    return LogisticRegression().fit(given.matrix, given.label)


def skops_bytes() -> bytes:
    return skops.io.dumps(logistic_model())


def onnx_bytes() -> bytes:
    """The same logistic regression as ONNX: Sigmoid(Gemm(X, weights, intercept)), written field by field."""
    weights = logistic_model().coef_.T.astype("<f4")
    intercept = logistic_model().intercept_.astype("<f4")
    gemm = _field(1, b"X") + _field(1, b"W") + _field(1, b"b") + _field(2, b"margin") + _field(4, b"Gemm")
    sigmoid = _field(1, b"margin") + _field(2, b"probability") + _field(4, b"Sigmoid")
    graph = (
        _field(1, gemm)
        + _field(1, sigmoid)
        + _field(2, b"scorecard")
        + _field(5, _tensor(b"W", weights))
        + _field(5, _tensor(b"b", intercept))
        + _field(11, _value(b"X", 4))
        + _field(12, _value(b"probability", 1))
    )
    operators = _field(1, b"") + _number(2, 13)
    return _number(1, 8) + _field(2, b"tests") + _field(7, graph) + _field(8, operators)


def _tensor(name: bytes, array: np.ndarray) -> bytes:
    dimensions = b"".join(_number(1, side) for side in array.shape)
    return dimensions + _number(2, 1) + _field(8, name) + _field(9, array.tobytes())


def _value(name: bytes, width: int) -> bytes:
    shape = _field(1, _field(2, b"N")) + _field(1, _number(1, width))
    return _field(1, name) + _field(2, _field(1, _number(1, 1) + _field(2, shape)))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += struct.pack("B", value & 0x7F | 0x80)
        value >>= 7
    return out + struct.pack("B", value)


class Booby:
    """Creates the canary file when unpickled."""

    def __init__(self, canary: str):
        self.canary = canary

    def __reduce__(self):
        return open, (self.canary, "w")


def pickles(canary: str) -> dict[str, bytes]:
    """The same trap in every protocol, alone and after a good deal of harmless data."""
    trapped = {f"protocol {protocol}": pickle.dumps(Booby(canary), protocol) for protocol in range(6)}
    long = [float(number) for number in range(20_000)]
    trapped |= {f"long, protocol {protocol}": pickle.dumps([long, Booby(canary)], protocol) for protocol in range(6)}
    return trapped
