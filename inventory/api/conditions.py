"""`If-Match`: a change holds only on top of what its sender has read."""

import hashlib

from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from mrm.errors import Outdated

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag you read; another one by now gives 412."
)


def tagged(thing, told: dict, *, status: int = 200, headers: dict | None = None) -> Response:
    """An answer with its `ETag`: the revision of what may be edited, and a digest of all that the answer tells, so that
    no two answers that differ, in rows beside the entry or in what follows from others, have one tag (RFC 9110, 8.8.3).
    """
    digest = hashlib.sha256(JSONRenderer().render(told)).hexdigest()[:16]
    return Response(told, status=status, headers=(headers or {}) | {"ETag": f'"{thing.revision}-{digest}"'})


def expected_revision(request, thing):
    """The revision that the caller has read; None where it is all the same to them.

    Of their tag only the revision counts: what stands beside the fields that are edited is no reason to refuse.
    """
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    named = [tag.strip().strip('"').partition("-")[0] for tag in header.split(",")]
    if str(thing.revision) not in named:
        raise Outdated(f"{thing} was changed by somebody else since you read it. Read it again and repeat your change.")
    return thing.revision
