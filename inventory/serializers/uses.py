from inventory.contents.lists import USES
from inventory.policies import LEVELS
from inventory.serializers.fields import PersonOut, StrictQuery
from inventory.serializers.moments import PartsQuery
from inventory.states import UseState
from mrm import serializers

STATES = [state.value for state in UseState]


def _text(longest: int, help_text: str = "", **more) -> serializers.CharField:
    more = {"required": False, "allow_blank": True} | more
    return serializers.CharField(max_length=longest, help_text=help_text, **more)


class UseEdit(serializers.Serializer):
    """What can be changed about a use; leave out what stays. Once approved, only users, frequency and volume."""

    title = _text(200, allow_blank=False)
    business_purpose = _text(20_000, "Which decisions rest on it.")
    population = _text(20_000, "Whom or what it may be applied to.")
    operating_boundaries = _text(20_000, "Within which inputs, markets and dates it holds.")
    prohibited_uses = _text(20_000, "What it must not be used for.")
    reliance = serializers.ChoiceField(
        LEVELS, allow_blank=True, required=False, help_text="How much decisions rest on it alone."
    )
    environment = _text(100, "Where it runs.")
    users = _text(500, "Units and systems that use it.")
    frequency = _text(200)
    volume = _text(200)


class UseIn(UseEdit):
    """A use to propose; a title suffices."""

    title = _text(200, required=True, allow_blank=False)


class UseWithdrawalIn(serializers.Serializer):
    reason = serializers.CharField(max_length=2000)


class UseApprovalOut(serializers.Serializer):
    id = serializers.UUIDField()
    version = serializers.IntegerField(source="version.number")
    change_reference = serializers.CharField(help_text="The request that was decided.")
    conditions = serializers.ListField(child=serializers.CharField())
    approved_by = PersonOut(allow_null=True)
    effective_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_because = serializers.CharField()
    stands = serializers.BooleanField(help_text="Whether it is in force now.")


class UseOut(serializers.Serializer):
    id = serializers.UUIDField()
    model = serializers.CharField(source="model.slug")
    number = serializers.IntegerField()
    state = serializers.ChoiceField(STATES)
    state_because = serializers.CharField(help_text="Why it is restricted, suspended or ended.")
    held = serializers.CharField(
        help_text="restricted or suspended, where a person ordered it for this use alone; else empty."
    )
    title = serializers.CharField()
    business_purpose = serializers.CharField()
    population = serializers.CharField()
    operating_boundaries = serializers.CharField()
    prohibited_uses = serializers.CharField()
    reliance = serializers.CharField()
    environment = serializers.CharField()
    users = serializers.CharField()
    frequency = serializers.CharField()
    volume = serializers.CharField()
    proposed_by = PersonOut(allow_null=True)
    proposed_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True, help_text="First live.")
    ended_at = serializers.DateTimeField(allow_null=True)
    revision = serializers.IntegerField(help_text="Also the ETag.")


class UseQuery(PartsQuery):
    listing = USES
    chosen_by = {"state": "state", "reliance": "reliance", "environment": "environment"}

    state = serializers.ChoiceField(STATES, required=False)
    reliance = serializers.ChoiceField(LEVELS, required=False)
    environment = serializers.CharField(max_length=100, required=False)


class UseApprovalQuery(StrictQuery):
    version = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="Number of a version: is it approved?"
    )


class UseApprovalsOut(serializers.Serializer):
    """Whether a version may serve the use now, and every approval that was given."""

    use = serializers.IntegerField()
    version = serializers.IntegerField(
        allow_null=True, help_text="The version asked about, else the one in production."
    )
    approved = serializers.BooleanField(help_text="Whether that version has a standing approval for this use.")
    may_serve = serializers.BooleanField(help_text="Whether it may serve the use: approved, and not suspended.")
    answer = serializers.ListField(child=serializers.CharField(), help_text="The same in words, as the page says it.")
    standing = UseApprovalOut(allow_null=True)
    approvals = UseApprovalOut(many=True, help_text="Newest first; of the version asked about, else of all.")
