"""ONNX models, run by onnxruntime on one thread."""

import json
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import (
    EPFail,
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoSuchFile,
    NotImplemented,
    RuntimeException,
)

from audits.scoring import sampled_shap
from audits.scoring.errors import ArtifactRefused, ScoringFailed
from audits.scoring.features import FeatureTable, values_of
from audits.scoring.models import Explained, Refitted

RUNTIME_ERRORS = (
    EPFail,
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoSuchFile,
    NotImplemented,
    RuntimeException,
)
NUMBER_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}
TEXT = "tensor(string)"
ONLY_ERRORS = 3


def load(content: bytes) -> "OnnxModel":
    return OnnxModel(content)


class OnnxModel:
    """A graph with one matrix as input, or one input per column as sklearn-onnx writes it for data frames."""

    def __init__(self, content: bytes):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = ONLY_ERRORS
        try:
            self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except RUNTIME_ERRORS as error:
            raise ArtifactRefused(f"ONNX Runtime cannot load the model: {_first_line(error)}.") from error
        self.inputs = self.session.get_inputs()
        self.by_column = len(self.inputs) > 1
        for entry in self.inputs:
            if entry.type not in NUMBER_TYPES and not (self.by_column and entry.type == TEXT):
                raise ScoringFailed(
                    f"The model's input “{entry.name}” is a {entry.type}, which rows cannot be given as."
                )
        self.output, self.is_classifier = self._find_output()

    def facts(self) -> dict[str, Any]:
        about = self.session.get_modelmeta()
        width = self.inputs[0].shape[-1] if self.inputs[0].shape else None
        return {
            "feature_names": self._feature_names(),
            "n_features": len(self.inputs) if self.by_column else width if isinstance(width, int) else None,
            "hyper_parameters": {},
            "family": f"onnx {about.producer_name} {about.graph_name}".strip(),
            "is_classifier": self.is_classifier,
        }

    def features(self, table: FeatureTable) -> FeatureTable:
        facts = self.facts()
        return table.pick(facts["feature_names"], facts["n_features"])

    def scores(self, features: FeatureTable) -> np.ndarray:
        try:
            answer = self.session.run([self.output], self._feed(features))[0]
        except RUNTIME_ERRORS as error:
            raise ScoringFailed(f"ONNX Runtime could not score the rows: {_first_line(error)}.") from error
        if isinstance(answer, list):
            # sklearn-onnx's ZipMap: one mapping from class to probability per row.
            classes = sorted(answer[0])
            answer = np.array([[row[name] for name in classes] for row in answer])
        scores = np.asarray(answer, dtype=float)
        if scores.ndim == 2 and scores.shape[1] == 2:
            return scores[:, 1]
        if scores.size == features.rows:
            return scores.reshape(-1)
        raise ScoringFailed("The model has more than one output per row; only one score per row can be monitored.")

    def explain(self, features: FeatureTable, background: FeatureTable, *, seed: int) -> Explained:
        space = "probability" if self.is_classifier else "value"

        def score(numbers: np.ndarray) -> np.ndarray:
            return self.scores(features.with_numbers(numbers))

        return sampled_shap.explain(score, features.numbers, background.numbers, seed=seed, output_space=space)

    def refit(self, features: FeatureTable, label: np.ndarray, *, hyper_parameters: dict, seed: int) -> Refitted:
        raise ScoringFailed(
            "An ONNX model cannot be trained again: the file holds the calculation, not the training. "
            "Set up an outside training pipeline for this model."
        )

    def _feature_names(self) -> list[str] | None:
        if self.by_column:
            return [entry.name for entry in self.inputs]
        text = self.session.get_modelmeta().custom_metadata_map.get("feature_names")
        if not text:
            return None
        try:
            names = json.loads(text)
        except ValueError:
            names = text.split(",")
        return [str(name) for name in names] if isinstance(names, list) else None

    def _find_output(self) -> tuple[str, bool]:
        """The output that carries probabilities or values; beside it a classifier has one with the label."""
        outputs = self.session.get_outputs()
        numbers = [entry for entry in outputs if entry.type in ("tensor(float)", "tensor(double)")]
        mappings = [entry for entry in outputs if entry.type.startswith("seq(map(")]
        if not mappings and not numbers:
            raise ScoringFailed("The model has no output with probabilities or values, only labels.")
        chosen = (mappings or numbers)[-1]
        two_classes = bool(chosen.shape) and len(chosen.shape) == 2 and chosen.shape[1] == 2
        has_label = len(outputs) > len(numbers)
        return chosen.name, bool(mappings) or two_classes or has_label

    def _feed(self, features: FeatureTable) -> dict[str, np.ndarray]:
        if not self.by_column:
            return {self.inputs[0].name: features.matrix().astype(NUMBER_TYPES[self.inputs[0].type])}
        feed = {}
        for position, entry in enumerate(self.inputs):
            column, numbers = features.columns[position], features.numbers[:, position]
            if entry.type == TEXT:
                texts = values_of(column, numbers)
                content = np.array(["" if text is None else str(text) for text in texts], dtype=object)
            else:
                content = FeatureTable(numbers[:, None], [column]).matrix()[:, 0].astype(NUMBER_TYPES[entry.type])
            feed[entry.name] = content[:, None]
        return feed


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
