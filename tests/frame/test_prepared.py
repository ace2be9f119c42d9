"""A prepared query answers as the QuerySet it was made from, and is put together once."""

import uuid

import pytest
from django.db import connection
from django.db.models import JSONField, Value
from django.utils import timezone

from mrm.accounts.models import Workspace
from mrm.prepared import OneOf, Prepared
from tests.factories import make_workspace


def test_it_answers_for_other_values_than_the_first(db, django_assert_num_queries):
    built = []

    def build(key, name):
        built.append(key)
        return Workspace.objects.filter(pk=key, name=name).values("slug", "name")

    asked = Prepared(build)
    first, second = make_workspace("one"), make_workspace("two")
    assert asked(key=first.pk, name="One") == [{"slug": "one", "name": "One"}]
    with django_assert_num_queries(1):
        assert asked(key=second.pk, name="Two") == [{"slug": "two", "name": "Two"}]
    assert asked(key=second.pk, name="' OR '1'='1") == []
    assert asked(key=uuid.uuid4(), name="%s") == []
    assert len(built) == 1


def test_a_value_that_the_query_does_not_hold_as_it_is_is_noticed(db):
    asked = Prepared(lambda name: Workspace.objects.filter(name__istartswith=name).values("slug"))
    with pytest.raises(ValueError, match="does not contain name"):
        asked(name="x")


def test_what_does_not_change_stands_in_the_query_whatever_signs_it_holds(db):
    make_workspace("one")
    asked = Prepared(lambda slug: Workspace.objects.filter(slug=slug).values("slug", said=Value("100 %s of %% '")))
    for _ in range(2):
        assert asked(slug="one") == [{"slug": "one", "said": "100 %s of %% '"}]


def test_the_database_plans_a_prepared_query_once_and_nothing_else_is_kept(db):
    asked = Prepared(lambda slug: Workspace.objects.filter(slug=slug).values("pk", "slug", "name"))
    kept = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%accounts_workspace%%'"
    with connection.cursor() as cursor:
        before = cursor.execute(kept, []).fetchone()[0]
        for number in range(8):
            asked(slug=f"none {number}")
            list(Workspace.objects.filter(slug=f"none {number}"))
        assert cursor.execute(kept, []).fetchone()[0] == before + 1


def test_any_number_of_keys_is_one_value(db, django_assert_num_queries):
    asked = Prepared(lambda keys: Workspace.objects.filter(OneOf("pk", keys)).order_by("slug").values("slug"))
    keys = [make_workspace(slug).pk for slug in ("one", "two", "three")]
    for some, found in ((keys, ["one", "three", "two"]), (keys[:1], ["one"]), ([], []), ([uuid.uuid4()], [])):
        with django_assert_num_queries(1):
            assert [row["slug"] for row in asked(keys=some)] == found


def test_it_reads_values_as_the_orm_does(db):
    said = {"empty": [], "nothing": {}, "list": ["[]"], "zero": 0, "text": "[]", "none": None}
    columns = {name: Value(value, JSONField()) for name, value in said.items()} | {"moment": Value(timezone.now())}

    def build(slug):
        return Workspace.objects.filter(slug=slug).values("pk", **columns)

    make_workspace("one")
    (row,) = Prepared(build)(slug="one")
    assert row == build("one").get()
    assert row["moment"].isoformat() == columns["moment"].value.isoformat()
