"""Django REST framework's serializers, with JSON taken at its word: a number is no text, and a text is no number.

The framework reads forms as well, so it turns 0 into "0" and "" into false. What is registered here is evidence:
whoever sends another type than the document announces has made a mistake, and is told so.
"""

from collections.abc import Mapping

from rest_framework import serializers
from rest_framework.serializers import (
    ChoiceField,
    DateField,
    DateTimeField,
    DictField,
    Field,
    JSONField,
    ListField,
    RegexField,
    SerializerMethodField,
    URLField,
    UUIDField,
    ValidationError,
)

__all__ = [
    "BooleanField",
    "CharField",
    "ChoiceField",
    "DateField",
    "DateTimeField",
    "DecimalField",
    "DictField",
    "EmailField",
    "Field",
    "FloatField",
    "IntegerField",
    "JSONField",
    "ListField",
    "RegexField",
    "Serializer",
    "SerializerMethodField",
    "SlugField",
    "URLField",
    "UUIDField",
    "ValidationError",
]


class Serializer(serializers.Serializer):
    """Refuses what it has no field for: dropped without a word, it would have been sent for nothing."""

    told_of_others = "There is no such field here; known are {known}."

    def known(self) -> list[str]:
        return sorted(self.fields)

    def to_internal_value(self, data):
        if isinstance(data, Mapping) and (others := sorted(set(map(str, data)) - set(self.known()))):
            told = self.told_of_others.format(known=", ".join(self.known()))
            raise ValidationError(dict.fromkeys(others, told))
        return super().to_internal_value(data)


class OfType(serializers.Field):
    """A field that takes values of these types only. In an address everything is text, so a query reads it."""

    types: tuple[type, ...]
    told: str

    def run_validation(self, data=serializers.empty):
        if data is not serializers.empty and data is not None:
            if getattr(self.root, "is_query", False):
                self._refuse_empty(data)
            elif not isinstance(data, self.types) or (isinstance(data, bool) and bool not in self.types):
                raise ValidationError(f"This is {self.told}, not {_named(data)}.")
        return super().run_validation(data)

    def _refuse_empty(self, data) -> None:
        """A filter without a value would silently not filter."""
        if data == "" and not getattr(self, "allow_blank", False):
            raise ValidationError(f"This is {self.told}, and nothing was given; leave the parameter out.")


class CharField(OfType, serializers.CharField):
    types, told = (str,), "a text"


class EmailField(OfType, serializers.EmailField):
    types, told = (str,), "a text"


class SlugField(OfType, serializers.SlugField):
    types, told = (str,), "a text"


class BooleanField(OfType, serializers.BooleanField):
    types, told = (bool,), "true or false"


class IntegerField(OfType, serializers.IntegerField):
    types, told = (int,), "a whole number"


class FloatField(OfType, serializers.FloatField):
    types, told = (int, float), "a number"


class DecimalField(OfType, serializers.DecimalField):
    """Sent as a text, because a JSON number is a binary fraction to most programs."""

    types, told = (str,), 'an amount as a text such as "1200.50"'


def _named(data) -> str:
    if isinstance(data, bool):
        return "true or false"
    if isinstance(data, int | float):
        return "a number"
    return {str: "a text", list: "a list", dict: "an object"}.get(type(data), "that")
