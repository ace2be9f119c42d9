"""`/trail/`: the entries, the newest signed checkpoint, and proofs that anyone can check without trusting us."""

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from audits.trail import services
from audits.trail.models import Checkpoint, Entry
from inventory.api import examples
from inventory.api.paging import page_of, paged
from inventory.contents.trail import chosen, entries_visible_to
from inventory.serializers.trail import (
    ConsistencyOut,
    ConsistencyQuery,
    EntryOut,
    EntryQuery,
    InclusionOut,
    InclusionQuery,
)
from mrm.accounts.api import Api, FileApi
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import problems, response_example


class EntriesApi(Api):
    @extend_schema(
        operation_id="list_trail_entries",
        summary="List entries of the trail",
        description="What happened to the models you may see; everything, for those with a role in every workspace.",
        tags=["trail"],
        parameters=[EntryQuery],
        responses={200: page_of(EntryOut), **problems(400, 403)},
        examples=[response_example("One entry", examples.ENTRY_PAGE)],
    )
    def get(self, request):
        _require_reader(request)
        query = EntryQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = dict(query.validated_data)
        ordering, wanted["q"] = wanted.pop("ordering"), wanted.pop("search", "")
        return paged(request, chosen(entries_visible_to(request.user), wanted), (ordering,), EntryOut)


class CheckpointApi(FileApi):
    @extend_schema(
        operation_id="read_checkpoint",
        summary="Read the newest checkpoint",
        description="A signed note (C2SP tlog-checkpoint): whose log, how many entries, their root, our signature.",
        tags=["trail"],
        responses={(200, "text/plain"): OpenApiTypes.STR, **problems(403, 404)},
        examples=[
            OpenApiExample("A checkpoint", examples.CHECKPOINT, media_type="text/plain", response_only=True),
        ],
    )
    def get(self, request):
        _require_reader(request)
        return HttpResponse(services.note_in_full(_newest_checkpoint()), content_type="text/plain; charset=utf-8")


class InclusionApi(Api):
    @extend_schema(
        operation_id="prove_inclusion",
        summary="Prove that an entry is in the log",
        tags=["trail"],
        parameters=[InclusionQuery],
        responses={200: InclusionOut, **problems(400, 403, 404)},
        examples=[response_example("A proof", examples.INCLUSION)],
    )
    def get(self, request):
        _require_reader(request)
        query = InclusionQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        position = query.validated_data["position"]
        entry = entries_visible_to(request.user).filter(position=position).first()
        if entry is None:
            raise Http404(f"There is no entry {position} that you may see.")
        size = _size(query.validated_data, "size", more_than=("position", position))
        return Response(InclusionOut(_inclusion(entry, size)).data)


class ConsistencyApi(Api):
    @extend_schema(
        operation_id="prove_consistency",
        summary="Prove that the log only grew",
        description="That the tree of `new` entries begins with the tree of `old` entries: nothing was rewritten.",
        tags=["trail"],
        parameters=[ConsistencyQuery],
        responses={200: ConsistencyOut, **problems(400, 403, 404)},
        examples=[response_example("A proof", examples.CONSISTENCY)],
    )
    def get(self, request):
        _require_reader(request)
        query = ConsistencyQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        old = query.validated_data["old"]
        new = _size(query.validated_data, "new", more_than=("old", old - 1))
        proved = {
            "old": old,
            "new": new,
            "old_root": services.root_at(old),
            "new_root": services.root_at(new),
            "proof": services.consistency_proof(old, new),
        }
        return Response(ConsistencyOut(proved).data)


def _require_reader(request) -> None:
    require(request.user, Permission.READ_TRAIL, None, model_slug=None)


def _newest_checkpoint() -> Checkpoint:
    checkpoint = Checkpoint.objects.first()
    if checkpoint is None:
        raise Http404("No checkpoint is signed yet; the first one is within a minute of the first entry.")
    return checkpoint


def _size(sent: dict, name: str, *, more_than: tuple[str, int]) -> int:
    """The size of tree asked for, or that of the newest checkpoint; it must exist and hold what is to be proved."""
    size = sent.get(name) or _newest_checkpoint().size
    entries, (smaller, least) = services.length(), more_than
    if size > entries:
        raise ValidationError({name: f"The trail has {entries} entries."})
    if size <= least:
        raise ValidationError({smaller: f"A tree of {size} entries does not reach so far."})
    return size


def _inclusion(entry: Entry, size: int) -> dict:
    return {
        "position": entry.position,
        "size": size,
        "leaf_hash": entry.leaf_hash,
        "root": services.root_at(size),
        "proof": services.inclusion_proof(entry, size),
    }
