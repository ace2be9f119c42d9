"""Of when something is asked."""

from inventory.models import Moment
from inventory.models.moments import check_day_has_come
from inventory.serializers.fields import ListQuery, StrictQuery
from mrm import serializers


class MomentQuery(StrictQuery):
    """Of when: what was so on one day, as far as it was known at the end of another."""

    as_of = serializers.DateField(
        required=False,
        validators=[check_day_has_come],
        help_text="The register as it stood on this day, at the latest today.",
    )
    known_on = serializers.DateField(
        required=False,
        validators=[check_day_has_come],
        help_text="With what was known at the end of this day; where it is left out, at the end of `as_of`.",
    )

    def validate(self, asked):
        if "known_on" in asked and "as_of" not in asked:
            raise serializers.ValidationError({"known_on": "Say with as_of of which day the register is asked for."})
        return asked

    def moment(self) -> Moment | None:
        """The moment asked for; None for the present."""
        asked = self.validated_data
        return Moment.of(asked["as_of"], asked.get("known_on")) if "as_of" in asked else None


class PartsQuery(ListQuery, MomentQuery):
    """A list of what belongs to a model, as it stands or as it stood."""
