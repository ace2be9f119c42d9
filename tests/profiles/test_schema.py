"""What a description of columns may say, and how every fault in it is named."""

import pytest

from audits.profiles.schema import (
    LONGEST_NAME,
    MOST_COLUMNS,
    Column,
    Kind,
    Role,
    SchemaError,
    column_with_role,
    columns_from_json,
    columns_to_json,
    columns_with_role,
)

LOAN = [
    {"name": "income", "kind": "numeric", "minimum": 0},
    {"name": "age", "kind": "numeric", "roles": ["feature", "protected"], "minimum": 18, "maximum": 120},
    {"name": "sex", "kind": "categorical", "role": "protected", "categories": ["F", "M"]},
    {"name": "approved", "kind": "boolean", "role": "prediction", "favourable": True},
    {"name": "score", "kind": "numeric", "role": "score"},
    {"name": "at", "kind": "datetime", "role": "time", "required": False},
]


def faults(described):
    with pytest.raises(SchemaError) as refusal:
        columns_from_json(described)
    return refusal.value.errors


def test_a_description_survives_the_way_to_json_and_back():
    columns = columns_from_json(LOAN)
    assert columns_from_json(columns_to_json(columns)) == columns
    assert columns[1] == Column("age", Kind.NUMERIC, (Role.FEATURE, Role.PROTECTED), minimum=18, maximum=120)


def test_a_column_without_a_role_is_a_feature():
    assert columns_from_json([{"name": "x", "kind": "numeric"}])[0].roles == (Role.FEATURE,)


def test_columns_are_found_by_role():
    columns = columns_from_json(LOAN)
    assert [column.name for column in columns_with_role(columns, Role.PROTECTED)] == ["age", "sex"]
    assert column_with_role(columns, Role.SCORE).name == "score"
    assert column_with_role(columns, Role.LABEL) is None


def test_every_fault_is_named_not_only_the_first():
    errors = faults(
        [
            {"name": "", "kind": "numeric"},
            {"name": "b", "kind": "number", "role": "king"},
            {"name": "c", "kind": "text", "role": "score"},
            {"name": "d", "kind": "numeric", "minimum": 2, "maximum": 1},
        ]
    )
    assert [error["field"] for error in errors] == [
        "columns[0].name",
        "columns[1].kind",
        "columns[1].role",
        "columns[2].role",
        "columns[3].minimum",
    ]
    assert all(error["message"].endswith(".") for error in errors)


@pytest.mark.parametrize(
    "name", ["a\nb", "a\x00", "\u202eevil", "\u200bhidden", "x" * (LONGEST_NAME + 1), " ", 7, None]
)
def test_a_hostile_name_is_refused_and_never_echoed_raw(name):
    (error,) = faults([{"name": name, "kind": "numeric"}])
    assert error["field"] == "columns[0].name"
    assert error["message"].isprintable()


def test_duplicate_names_are_refused():
    (error,) = faults([{"name": "x", "kind": "numeric"}, {"name": "x", "kind": "text"}])
    assert "'x' is described 2 times" in error["message"]


@pytest.mark.parametrize(
    "role, kind", [("score", "numeric"), ("label", "boolean"), ("id", "text"), ("time", "datetime")]
)
def test_a_single_role_is_given_to_one_column_at_most(role, kind):
    (error,) = faults([{"name": name, "kind": kind, "role": role} for name in "ab"])
    assert f"The role {role} is given to 'a', 'b'" in error["message"]


def test_more_columns_than_the_cap_are_refused():
    many = [{"name": f"c{i}", "kind": "numeric"} for i in range(MOST_COLUMNS + 1)]
    assert "at most 2000" in faults(many)[0]["message"]
    assert len(columns_from_json(many[:-1])) == MOST_COLUMNS


@pytest.mark.parametrize("described", [None, {}, "x", 3, []])
def test_what_is_not_a_list_of_columns_is_refused(described):
    assert faults(described)[0]["field"] == "columns"


@pytest.mark.parametrize(
    "extra, field",
    [
        ({"favourable": "yes"}, "favourable"),
        ({"role": "label", "favourable": [1]}, "favourable"),
        ({"role": "label", "categories": ["a"], "favourable": "b"}, "favourable"),
        ({"categories": ["a", "a"]}, "categories"),
        ({"categories": [1]}, "categories"),
        ({"categories": []}, "categories"),
        ({"minimum": 1}, "minimum"),
        ({"required": "yes"}, "required"),
        ({"roles": []}, "roles"),
        ({"role": "id", "roles": ["id"]}, "roles"),
        ({"roles": ["id", "feature"]}, "roles"),
    ],
)
def test_a_field_that_does_not_fit_the_column_is_refused(extra, field):
    (error,) = faults([{"name": "x", "kind": "categorical", **extra}])
    assert error["field"] == f"columns[0].{field}"


@pytest.mark.parametrize("minimum", [float("nan"), float("inf"), 10**400, "3", True])
def test_a_range_needs_finite_numbers(minimum):
    (error,) = faults([{"name": "x", "kind": "numeric", "minimum": minimum}])
    assert error["field"] == "columns[0].minimum"


def test_an_unknown_field_is_refused_by_name():
    (error,) = faults([{"name": "x", "kind": "numeric", "favorable": 1}])
    assert "'favorable'" in error["message"]
