"""Whatever an entry takes, everybody can hash again after PostgreSQL has kept it; the rest is refused in words."""

import json

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from audits.trail import chain
from audits.trail.models import Action, Entry
from audits.trail.services import entries_between, governed, record, verify_trail, written_at_once
from inventory.models import Model
from mrm.errors import UnusableData
from mrm_verify.canonical import NotCanonical, canonical
from mrm_verify.log import fault_in

numbers = st.one_of(
    st.integers(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.integers(0, 330).map(lambda power: 10**power),
    st.floats(),
    st.floats(min_value=1e15, max_value=1e30),
    st.sampled_from([1e21, -0.0, 5e-324, 1.7976931348623157e308, 1e23, 9007199254740993.0, 0.1 + 0.2, 123456.7e300]),
)
texts = st.text(st.characters(codec=None), max_size=8) | st.sampled_from(["\0", "a\0b", "\ud800", "\udfff\ud800", "😀"])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(texts | st.integers(-1000, 1000), inner, max_size=4),
    ),
    max_leaves=10,
)


def nested(depth: int) -> list:
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


def fault_of_the_newest() -> str:
    """What verifying it from the table would name."""
    position = Entry.objects.values_list("position", flat=True).first()
    ((body, leaf),) = entries_between(position, position + 1)
    return fault_in(position, body, leaf, None, "")


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(details=st.dictionaries(st.sampled_from(["a", "b", "before", "😀"]), values, max_size=3))
@example(details={"a": 1e21, "b": 1e17, "before": -0.0})
@example(details={"a": {10: "ten", 9: "nine", 100: "hundred"}})
@example(details={"a": nested(45)})
def test_what_is_recorded_holds_after_the_database_has_kept_it(trail, details):
    holds_or_is_refused(trail, details)


def test_what_is_nested_too_deep_for_the_database_is_refused(trail):
    holds_or_is_refused(trail, {"a": nested(900)})  # Apart, because Hypothesis cannot print it.


def holds_or_is_refused(trail, details: dict) -> None:
    before = Entry.objects.count()
    try:
        with transaction.atomic(), governed():
            written = record(Action.MODEL_EDITED, actor=None, subject=trail, **details)
    except (UnusableData, NotCanonical) as refused:
        assert str(refused)
        assert Entry.objects.count() == before
        return
    assert not fault_of_the_newest()
    read = Entry.objects.get(position=written.position)
    assert chain.leaf_hash(canonical(read.body())).hex() == read.leaf_hash == written.leaf_hash
    assert canonical(json.loads(canonical(read.body()))) == canonical(read.body())  # As whoever has an export reads it.


@pytest.mark.parametrize("value", [1e21, 1e17, 1.5e300, -1e22, 5e-324, -0.0, 2**53, 10**21, 0.1 + 0.2])
def test_numbers_that_the_database_spells_in_another_way_hold(trail, value):
    with governed():
        record(Action.MODEL_EDITED, actor=None, subject=trail, limits={"upper": value}, drawn=[value])
    assert verify_trail().holds, verify_trail().fault
    assert float(Entry.objects.first().details["limits"]["upper"]) == value


REFUSED = {
    "nul": ("a\0b", r"changes\.purpose holds the character U\+0000"),
    "surrogate": ("\ud800", r"changes\.purpose holds half of a character"),
    "integer": (2**53 + 1, r"changes\.purpose is an integer beyond 9007199254740991"),
    "endless integer": (10**400, r"changes\.purpose is an integer beyond"),
    "nan": (float("nan"), r"changes\.purpose is not a finite number"),
    "infinity": ([1, float("-inf")], r"changes\.purpose\[1\] is not a finite number"),
    "depth": (nested(60), "is nested deeper than 50 levels"),
    "name": ({"x\0": 1}, r"changes\.purpose\.x\\0 holds the character"),
}


@pytest.mark.parametrize("which", REFUSED)
def test_what_would_not_come_back_as_it_went_in_is_refused_by_name(trail, which):
    value, said = REFUSED[which]
    with pytest.raises(UnusableData, match=said), governed():
        record(Action.MODEL_EDITED, actor=None, subject=trail, changes={"purpose": value})
    with pytest.raises(UnusableData, match=said), written_at_once() as message:
        message.record(Action.MODEL_EDITED, actor=None, subject=trail, changes={"purpose": value})
    assert verify_trail().holds


@pytest.mark.parametrize("text", ["Loans\0", "Loans\ud800"], ids=["nul", "surrogate"])
def test_text_that_the_database_cannot_hold_is_refused_in_words_wherever_a_change_puts_it(trail, text):
    before = Entry.objects.count(), Model.objects.count()
    for field, value in {"purpose": text, "regions": [text]}.items():
        with pytest.raises(UnusableData, match="cannot be kept"), governed():
            Model.objects.filter(pk=trail.pk).update(**{field: value})
    assert (Entry.objects.count(), Model.objects.count()) == before


def test_a_number_changed_into_its_neighbour_by_sql_is_named(trail):
    with governed():
        record(Action.MODEL_EDITED, actor=None, subject=trail, upper=1e21)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE trail_entry DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE trail_entry SET details = '{\"upper\": 1000000000000000000001}' "
            "WHERE position = (SELECT max(position) FROM trail_entry)"
        )
        cursor.execute("ALTER TABLE trail_entry ENABLE TRIGGER USER")
    assert "was edited" in verify_trail().fault
