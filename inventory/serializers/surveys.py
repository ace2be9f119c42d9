"""Many models at once: as a list of JSON objects, or as a sheet."""

from inventory.contents.lists import SURVEYS
from inventory.frames.sheets import MOST_FAULTS
from inventory.serializers.fields import ListQuery, PersonOut, StrictQuery
from inventory.serializers.models import ModelIn
from inventory.serializers.versions import VersionIn
from inventory.states import SurveyState
from mrm import serializers
from mrm.openapi import FaultOut

MOST_MODELS = 500
MOST_VERSIONS = 20
SURVEY_STATES = [state.value for state in SurveyState]


class BulkVersionIn(VersionIn):
    """A version of a model that is registered with it, in the order of the list."""

    predecessor = None


class BulkModelIn(ModelIn):
    """A model, and its versions from the first on."""

    workspace = None
    baselined_until = serializers.DateField(
        required=False,
        help_text="For one taken over: what it lacks is dated debt until this day. Only a risk officer sets it.",
    )
    versions = serializers.ListField(child=BulkVersionIn(), required=False, max_length=MOST_VERSIONS)


class BulkIn(serializers.Serializer):
    workspace = serializers.SlugField(required=False, help_text="The token's where it is left out.")
    models = serializers.ListField(child=BulkModelIn(), min_length=1, max_length=MOST_MODELS)


class RegisteredOut(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    tier = serializers.IntegerField()
    missing = serializers.SerializerMethodField()

    def get_missing(self, model) -> list[str]:
        return model.missing(self.context["policy"])


class BulkOut(serializers.Serializer):
    results = RegisteredOut(many=True, help_text="In the order they were sent.")


class SurveyQuery(StrictQuery):
    workspace = serializers.SlugField(required=False, help_text="The token's where it is left out.")
    filename = serializers.CharField(max_length=200, default="survey")
    baselined_until = serializers.DateField(
        required=False, help_text="What its models lack is dated debt until this day. Only a risk officer sets it."
    )


class SurveysQuery(ListQuery):
    listing = SURVEYS
    chosen_by = {"workspace": "workspace__slug", "state": "state"}

    workspace = serializers.SlugField(required=False)
    state = serializers.ChoiceField(SURVEY_STATES, required=False)


class SurveyOut(serializers.Serializer):
    id = serializers.UUIDField()
    workspace = serializers.CharField(source="workspace.slug")
    filename = serializers.CharField()
    sha256 = serializers.CharField()
    models = serializers.IntegerField(source="entries", help_text="How many it would register.")
    state = serializers.ChoiceField(SURVEY_STATES)
    progress = serializers.IntegerField(help_text="Percent.")
    faults = FaultOut(many=True, help_text=f"The first by line, at most {MOST_FAULTS}.")
    fault_count = serializers.IntegerField(help_text="How many there are in all.")
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="What there is to know before it is imported: what the sheet hides."
    )
    baselined_until = serializers.DateField(allow_null=True)
    reason = serializers.CharField(help_text="Why it could not be imported in the end.")
    uploaded_by = PersonOut(allow_null=True)
    uploaded_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
