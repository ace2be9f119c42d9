"""The shapes of the REST API: `…In` what is sent, `…Out` what is answered."""

from inventory.serializers.data import BatchOut, OutcomesOut, ReferenceOut
from inventory.serializers.fields import ListQuery, PagesQuery, PersonOut, StrictQuery
from inventory.serializers.models import (
    FacetsOut,
    FacetsQuery,
    ModelChange,
    ModelDetailOut,
    ModelEdit,
    ModelIn,
    ModelOut,
    ModelQuery,
    RegisterDifferencesOut,
    RegisterDifferencesQuery,
)
from inventory.serializers.moments import MomentQuery
from inventory.serializers.particulars import DATED_SHAPES, SHAPES, DocumentOut, DocumentQuery, DocumentsQuery, EndIn
from inventory.serializers.policies import PolicyOut
from inventory.serializers.sources import EventsOut, SourceIn, SourceOut, SourceQuery
from inventory.serializers.uses import (
    UseApprovalOut,
    UseApprovalQuery,
    UseApprovalsOut,
    UseEdit,
    UseIn,
    UseOut,
    UseQuery,
    UseWithdrawalIn,
)
from inventory.serializers.versions import VersionIn, VersionOut, VersionQuery

__all__ = [
    "BatchOut",
    "DocumentOut",
    "DocumentQuery",
    "DocumentsQuery",
    "EndIn",
    "EventsOut",
    "ListQuery",
    "ModelChange",
    "ModelDetailOut",
    "ModelEdit",
    "ModelIn",
    "ModelOut",
    "FacetsOut",
    "FacetsQuery",
    "ModelQuery",
    "MomentQuery",
    "OutcomesOut",
    "PagesQuery",
    "PersonOut",
    "PolicyOut",
    "ReferenceOut",
    "RegisterDifferencesOut",
    "RegisterDifferencesQuery",
    "DATED_SHAPES",
    "SHAPES",
    "SourceIn",
    "SourceOut",
    "SourceQuery",
    "StrictQuery",
    "UseApprovalOut",
    "UseApprovalQuery",
    "UseApprovalsOut",
    "UseEdit",
    "UseIn",
    "UseOut",
    "UseQuery",
    "UseWithdrawalIn",
    "VersionIn",
    "VersionOut",
    "VersionQuery",
]
