"""`If-Match`: a change holds only on top of what its sender has read."""

from drf_spectacular.utils import OpenApiParameter

from mrm.errors import Outdated

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag you read; another one by now gives 412."
)


def etag(thing) -> dict:
    """The header that says which revision an answer tells."""
    return {"ETag": f'"{thing.revision}"'}


def expected_revision(request, thing):
    """The revision that the caller has read; None where it is all the same to them."""
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    named = [tag.strip().strip('"') for tag in header.split(",")]
    if str(thing.revision) not in named:
        raise Outdated(f"{thing} was changed by somebody else since you read it. Read it again and repeat your change.")
    return thing.revision
