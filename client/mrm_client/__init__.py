"""The REST API of mrm, version 1, from Python."""

from mrm_client.client import Client
from mrm_client.refusals import Refused, Unreachable
from mrm_client.shapes import Batch, Check, Gate, Model, Outcomes, Reference, Verification, Version

__all__ = [
    "Batch",
    "Check",
    "Client",
    "Gate",
    "Model",
    "Outcomes",
    "Reference",
    "Refused",
    "Unreachable",
    "Verification",
    "Version",
]
