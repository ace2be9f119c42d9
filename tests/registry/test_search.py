"""Searches: pages that neither lose nor repeat, and filters that cannot be bent into anything else."""

import pytest

from inventory.models import Model
from registry.grammar import MODELS, VERSIONS, Clause, clauses, order
from registry.refusals import Refused
from tests.factories import make_model
from tests.registry.conftest import refused


def names(found: dict) -> list[str]:
    return [row["name"] for row in found["registered_models"]]


def walked(client, path: str, **query) -> list[dict]:
    """Every row, page by page."""
    rows, token = [], ""
    for _ in range(50):
        found = client.ask(path, **query, **({"page_token": token} if token else {}))
        rows += found.get("registered_models") or found.get("model_versions") or []
        token = found.get("next_page_token", "")
        if not token:
            return rows
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize(
    "order_by", [[], ["name DESC"], ["last_updated_timestamp"], ["creation_timestamp DESC", "name"], ["timestamp ASC"]]
)
def test_pages_hold_every_model_once_in_any_order(client, order_by):
    for number in range(11):
        client.make_model(f"m{number:02}")
    client.do("PATCH", "registered-models/update", name="m03", description="touched last")
    rows = walked(client, "registered-models/search", max_results=3, order_by=order_by)
    assert sorted(row["name"] for row in rows) == [f"m{number:02}" for number in range(11)]
    assert [row["name"] for row in rows] == names(client.ask("registered-models/search", order_by=order_by))


def test_a_page_is_not_moved_by_what_others_add_before_it(client):
    for number in range(0, 10, 2):
        client.make_model(f"m{number}")
    first = client.ask("registered-models/search", max_results=2)
    client.make_model("m1")
    rest = client.ask("registered-models/search", page_token=first["next_page_token"])
    assert names(first) + names(rest) == ["m0", "m2", "m4", "m6", "m8"]


def test_versions_come_newest_change_first_and_in_pages(client):
    client.make_model("m")
    for number in range(5):
        client.make_version("m", f"s3://b/{number}")
    client.do("PATCH", "model-versions/update", name="m", version="2", description="again")
    rows = walked(client, "model-versions/search", max_results=2, filter="name='m'")
    assert [row["version"] for row in rows] == ["2", "5", "4", "3", "1"]
    assert [row["version"] for row in walked(client, "model-versions/search", order_by=["version_number ASC"])] == list(
        "12345"
    )


def test_a_full_last_page_has_no_token(client):
    for number in range(4):
        client.make_model(f"m{number}")
    first = client.ask("registered-models/search", max_results=2)
    assert "next_page_token" not in client.ask(
        "registered-models/search", max_results=2, page_token=first["next_page_token"]
    )


def test_a_page_token_is_ours_and_of_this_search(client):
    for number in range(3):
        client.make_model(f"m{number}")
    token = client.ask("registered-models/search", max_results=1)["next_page_token"]
    for bad in ("x", "eyJvZmZzZXQiOiAxfQ==", token[:-2], token + "x"):
        refused(
            client.get("registered-models/search", page_token=bad), 400, "INVALID_PARAMETER_VALUE", "Invalid page token"
        )
    other = client.get("registered-models/search", page_token=token, filter="name LIKE 'm%'")
    refused(other, 400, "INVALID_PARAMETER_VALUE", "another search")
    refused(client.get("model-versions/search", page_token=token), 400, "INVALID_PARAMETER_VALUE", "another search")


@pytest.mark.parametrize(
    "most",
    ["0", "-1", "1001", "x", "1e3", "99999999999999999999", "0000000010000000", "1" * 5000],
    ids=["0", "-1", "1001", "x", "1e3", "20 digits", "led by zeros", "5000 digits"],
)
def test_a_page_size_that_cannot_be_is_refused(client, most):
    refused(client.get("registered-models/search", max_results=most), 400, "INVALID_PARAMETER_VALUE", "max_results")


def test_models_without_the_prompt_tag_are_found_and_prompts_only_when_asked_for(client):
    client.make_model("model")
    client.make_model("prompt", {"mlflow.prompt.is_prompt": "true"})
    hidden = "tag.`mlflow.prompt.is_prompt` != 'true'"
    assert names(client.ask("registered-models/search")) == ["model"]
    assert names(client.ask("registered-models/search", filter=f"name LIKE '%o%' AND {hidden}")) == ["model"]
    assert names(client.ask("registered-models/search", filter="tags.`mlflow.prompt.is_prompt` = 'true'")) == ["prompt"]


@pytest.mark.parametrize(
    "text",
    [
        "name = 'x'; DROP TABLE inventory_model; --",
        "name = 'x' OR '1'='1'",
        "name = 'x' UNION SELECT secret_hash FROM accounts_token",
        "name = (SELECT 'x')",
        "name = 'x' /* comment */ AND 1=1",
        "name = 'unfinished",
        "name = $$x$$",
        "name = E'\\x'",
        "password = 'x'",
        "model__owner__password LIKE 'x'",
        "name LIKE",
        "NOT name = 'x'",
        "name IS NULL",
        "name BETWEEN 'a' AND 'b'",
        "'" * 10_001,
        "(" * 5_000,
        " AND ".join(["name = 'x'"] * 101),
        "x" * 100_001,
    ],
)
def test_a_filter_that_is_none_is_refused_in_words(client, text):
    refused(client.get("registered-models/search", filter=text), 400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("text", ["it''s", "100%", "a_b", "\\", "x\\%", "{0}", "%s", "'", "é 漢字 🎉"])
def test_what_stands_in_quotes_is_only_ever_a_value(client, workspace, text):
    make_model(workspace=workspace, name="other")
    found = client.ask(
        "registered-models/search", filter=f'name LIKE "{text}"' if "'" in text else f"name LIKE '{text}'"
    )
    assert found["registered_models"] == []


def test_wildcards_mean_what_they_do_in_sql_and_nothing_else_does(client):
    for name in ("a_b", "axb", "a\\b", "a.b"):
        client.make_model(name)
    assert names(client.ask("registered-models/search", filter="name LIKE 'a_b'")) == ["a.b", "a\\b", "a_b", "axb"]
    assert names(client.ask("registered-models/search", filter="name LIKE 'a\\%'")) == ["a\\b"]


@pytest.mark.parametrize("key", ["owner", "name; DROP", "name ASC DESC", "name,pk", "-name", "run_id"])
def test_an_order_that_cannot_be_is_refused(client, key):
    refused(client.get("registered-models/search", order_by=key), 400, "INVALID_PARAMETER_VALUE")


def test_a_filter_is_read_clause_by_clause():
    text = "name LIKE 'a b%' and tags.`x y` != \"it's\" AND attribute.name NOT IN ('p' , 'q')"
    assert clauses(text, MODELS) == [
        Clause("name", "LIKE", "a b%"),
        Clause("x y", "!=", "it's", is_tag=True),
        Clause("name", "NOT IN", ("p", "q")),
    ]
    assert clauses("version_number>=10", VERSIONS) == [Clause("version_number", ">=", 10)]
    assert clauses("  ", MODELS) == []


def test_an_order_is_always_complete():
    assert order([], MODELS) == [("name", True)]
    assert order(["version_number"], VERSIONS) == [("version_number", True), ("name", True)]
    with pytest.raises(Refused, match="duplicate"):
        order(["name", "name DESC"], MODELS)


def found_by(client, text: str) -> list[str]:
    """The names of the models, or the numbers of the versions, that show such a tag."""
    if "version" in (words := text.partition(" "))[0]:
        return [row["version"] for row in client.ask("model-versions/search", filter=words[2])["model_versions"]]
    return names(client.ask("registered-models/search", filter=words[2]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model tags.`mrm.slug` = 'm'", ["m"]),
        ("model tags.`mrm.slug` != 'm'", ["n"]),
        ("model tags.`mrm.slug` LIKE '_'", ["m", "n"]),
        ("model tags.`mrm.status` = 'in_development'", ["m", "n"]),
        ("model tags.`mrm.status` ILIKE 'IN_USE'", []),
        ("model tags.`mrm.tier` = '1' AND name = 'n'", ["n"]),
        ("model tags.`mrm.tier` != '1'", []),
        ("version tags.`mrm.framework` = 'sklearn'", ["1"]),
        ("version tags.`mrm.framework` != 'onnx'", ["1"]),
        ("version tags.`mrm.code_ref` ILIKE '%ABC'", ["1"]),
        (f"version tags.`mrm.artifact_sha256` = '{'a' * 64}'", ["1"]),
        ("version tags.`mrm.artifact_sha256` != 'b'", ["1"]),
        ("version tags.`mrm.status` = 'pending_validation'", ["3", "2", "1"]),
        ("version tags.`mrm.status` LIKE 'pending%' AND version_number > 1", ["3", "2"]),
        ("version tags.`mrm.status` = 'retired'", []),
    ],
)
def test_what_is_answered_as_a_tag_is_found_by_it(client, text, expected):
    client.make_model("m")
    client.make_model("n")
    said = {"mrm.framework": "sklearn", "mrm.code_ref": "git:abc", "mrm.artifact_sha256": "a" * 64}
    for tags in (said, {}, {"k": "v"}):
        client.make_version("m", tags=tags)
    assert found_by(client, text) == expected


def test_an_ungoverned_workspace_finds_nothing_by_tags_that_it_does_not_show(ungoverned, client):
    client.make_model("m")
    client.make_version("m", tags={"mrm.framework": "sklearn"})
    for text in ("model tags.`mrm.slug` = 'm'", "version tags.`mrm.status` LIKE '%'"):
        assert found_by(client, text) == []
    assert found_by(client, "version tags.`mrm.framework` = 'sklearn'") == ["1"]


def test_ten_thousand_models_are_searched_in_few_queries(client, workspace, engineer, django_assert_max_num_queries):
    template = make_model(workspace=workspace, name="m", owner=engineer)
    fields = {"workspace": workspace, "owner": template.owner, "status": template.status}
    Model.objects.bulk_create(Model(slug=f"n{number}", name=f"n{number:05}", **fields) for number in range(10_000))
    with django_assert_max_num_queries(7):
        found = client.ask("registered-models/search", max_results=1000, order_by=["name DESC"])
    assert names(found)[0] == "n09999" and len(found["registered_models"]) == 1000
