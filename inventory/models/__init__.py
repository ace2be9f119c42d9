from inventory.models.cadences import Cadence
from inventory.models.data import OutcomeBatch, PredictionBatch, ReferenceData
from inventory.models.events import InferenceEvent
from inventory.models.models import Model, lacking
from inventory.models.moments import Moment
from inventory.models.particulars import (
    Alias,
    DataSource,
    Dependency,
    Determination,
    Document,
    Particular,
    Stakeholder,
    Statement,
)
from inventory.models.policies import Policy, PolicyDraft
from inventory.models.records import ModelRecord, UseRecord, VersionRecord
from inventory.models.regimes import RegimePack
from inventory.models.series import Series, SeriesPoint
from inventory.models.sources import Source
from inventory.models.surveys import Survey
from inventory.models.tiering import TierAssessment, TierDoubt
from inventory.models.uses import Use, UseApproval
from inventory.models.versions import ModelVersion

__all__ = [
    "Alias",
    "Cadence",
    "DataSource",
    "Dependency",
    "Determination",
    "Document",
    "InferenceEvent",
    "Model",
    "ModelRecord",
    "ModelVersion",
    "Moment",
    "OutcomeBatch",
    "Particular",
    "Policy",
    "PolicyDraft",
    "PredictionBatch",
    "ReferenceData",
    "RegimePack",
    "Series",
    "SeriesPoint",
    "Source",
    "TierAssessment",
    "TierDoubt",
    "Survey",
    "Stakeholder",
    "Statement",
    "Use",
    "UseApproval",
    "UseRecord",
    "VersionRecord",
    "lacking",
]
