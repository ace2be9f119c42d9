"""Why somebody may not decide something, and who may: the same shape wherever it is told."""

from inventory.serializers.fields import PersonOut
from mrm import serializers
from mrm.errors import shown_by
from mrm.openapi import ShownOut


class ReasonsOut(serializers.Serializer):
    reasons_not_to = serializers.ListField(child=serializers.CharField(), help_text="Every one; empty if they may.")
    shown_by = ShownOut(many=True, help_text="The reasons that rest on a deed, each with where the trail shows it.")


class DeciderOut(ReasonsOut):
    person = PersonOut()
    role = serializers.CharField(help_text="In which they would decide; empty if in none that is awaited.")
    on_behalf_of = PersonOut(allow_null=True)
    may_decide = serializers.BooleanField()


class DecidersOut(serializers.Serializer):
    deciders = DeciderOut(many=True)


def reasons_told(reasons: list[str]) -> dict:
    """What ReasonsOut takes."""
    return {"reasons_not_to": reasons, "shown_by": shown_by(reasons)}


def decider_told(person, reasons: list[str], *, role: str = "", on_behalf_of=None) -> dict:
    """What DeciderOut takes."""
    told = {"person": person, "role": role, "on_behalf_of": on_behalf_of, "may_decide": not reasons}
    return told | reasons_told(reasons)
