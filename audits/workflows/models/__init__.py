from audits.workflows.models.changes import ChangeRequest, Decision
from audits.workflows.models.findings import Finding
from audits.workflows.models.retraining import Retraining

__all__ = ["ChangeRequest", "Decision", "Finding", "Retraining"]
