"""The words of a text, as an index of them has them."""

from django.contrib.postgres.search import SearchVector
from django.db.models import Func, TextField, Value
from django.db.models.functions import Concat

# Letters and digits only: PostgreSQL would take LGD-2, v2.3 and risk.score apart by rules of its own.
NO_WORD = r"(\W|_)+"


def words_in(*fields: str) -> SearchVector:
    said = Concat(*(part for name in fields for part in (name, Value(" "))), output_field=TextField())
    in_words = Func(said, Value(NO_WORD), Value(" "), Value("g"), function="regexp_replace", output_field=TextField())
    return SearchVector(in_words, config="simple")
