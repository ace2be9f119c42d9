"""The confined process: restrain itself, open the artifact, do the task, write the answer.

Everything imported up to ``restraints.apply`` is the standard library, numpy's absence included: a library may start
threads, and a thread that exists already would escape the confinement.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable

from audits.scoring import restraints
from audits.scoring.errors import ArtifactRefused, ScoringFailed
from audits.scoring.limits import Limits

Inputs = dict[str, int]


def main(perform: Callable[[dict, Inputs], tuple[dict, dict]]) -> None:
    """Confine this process, say so, and write what ``perform(task, inputs)`` returns."""
    orders = json.loads(sys.argv[1])
    limits = Limits(**orders["limits"] | {"required": frozenset(orders["limits"]["required"])})
    try:
        in_force = restraints.apply(limits, parent=orders["parent"])
        os.write(orders["announce"], " ".join(in_force).encode() + b"\n")
    finally:
        os.close(orders["announce"])
    facts, blobs = _perform(perform, orders["inputs"])
    # Only now, because it brings numpy.
    answers = importlib.import_module("audits.scoring.answers")
    with open(orders["answer"], "wb") as answer:
        answers.write(answer, facts, blobs)


def _perform(perform: Callable[[dict, Inputs], tuple[dict, dict]], inputs: Inputs) -> tuple[dict, dict]:
    try:
        return perform(json.loads(contents(inputs["task"])), inputs)
    except ArtifactRefused as refusal:
        return {"refused": str(refusal)}, {}
    except ScoringFailed as failure:
        return {"failed": str(failure)}, {}


def contents(descriptor: int) -> bytes:
    """The whole of an input."""
    with open(descriptor, "rb", closefd=False) as file:
        return file.read()


def _task_for_model(task: dict, inputs: Inputs) -> tuple[dict, dict]:
    tasks = importlib.import_module("audits.scoring.tasks")
    return tasks.perform(task, inputs)


if __name__ == "__main__":
    main(_task_for_model)
