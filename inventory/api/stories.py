"""`/history/`: the story of any object, as sentences made from the entries of the trail."""

from django.http import Http404
from drf_spectacular.utils import extend_schema

from audits.trail.models import subject_name
from inventory.api import examples
from inventory.api.lookups import model_for
from inventory.api.paging import page_of, paged
from inventory.contents.stories import NEWEST_FIRST, lines_of, narrowed, story_of
from inventory.serializers.trail import StoryLineOut, StoryQuery
from mrm.accounts.api import Api
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import problems, response_example

STORY_PAGE = page_of(StoryLineOut)


class ModelStoryApi(Api):
    @extend_schema(
        operation_id="read_model_history",
        summary="Read the story of a model",
        description="What happened to a model, its versions, findings, changes and uses, newest first, in sentences.",
        tags=["trail"],
        parameters=[StoryQuery],
        responses={200: STORY_PAGE, **problems(400, 403, 404)},
        examples=[response_example("One line", examples.STORY)],
    )
    def get(self, request, slug):
        return _told(request, subject_name(model_for(request, slug)))


class StoryApi(Api):
    @extend_schema(
        operation_id="read_history",
        summary="Read the story of any object",
        description="The same for anything that entries are about, named as they name it: `subject.id` of an entry.",
        tags=["trail"],
        parameters=[StoryQuery],
        responses={200: STORY_PAGE, **problems(400, 403, 404)},
        examples=[response_example("One line", examples.STORY)],
    )
    def get(self, request, subject):
        return _told(request, subject)


def _told(request, subject: str):
    require(request.user, Permission.READ_TRAIL, None, model_slug=None)
    query = StoryQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    entries = story_of(subject, request.user)
    if not entries.exists():
        raise Http404(f"Nothing that you may see is recorded about {subject}.")
    return paged(request, narrowed(entries, query.validated_data), NEWEST_FIRST, StoryLineOut, made=lines_of)
