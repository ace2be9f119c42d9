from audits.workflows.models.arrangements import Arrangement
from audits.workflows.models.attestations import Attestation
from audits.workflows.models.changes import ChangeRequest, Decision
from audits.workflows.models.delegations import Delegation
from audits.workflows.models.findings import Finding
from audits.workflows.models.retraining import Retraining

__all__ = ["Arrangement", "Attestation", "ChangeRequest", "Decision", "Delegation", "Finding", "Retraining"]
