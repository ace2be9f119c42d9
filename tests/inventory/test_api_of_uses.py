"""Uses over REST: proposed, read, edited on top of what was read; and the question whether a version is approved."""

import pytest

from inventory.api import examples
from mrm.accounts.policies import Role
from tests.factories import approve_for, make_model, make_person, make_use, make_version
from tests.rest import is_problem, patch_json, post_json


@pytest.fixture
def uses(workspace) -> str:
    return f"/api/v1/models/{make_model(name='Loans').slug}/uses/"


def test_the_story_of_the_documentation_works_for_uses_too(api, engineer, uses):
    client = api(engineer)
    proposed = post_json(client, uses, examples.USE_IN)
    assert proposed.status_code == 201
    assert proposed.json().keys() == examples.USE.keys()
    assert proposed.headers["Location"] == f"{uses}1/"
    edited = patch_json(client, f"{uses}1/", examples.USE_EDIT, **{"If-Match": proposed.headers["ETag"]})
    assert edited.json()["volume"] == examples.USE_EDIT["volume"]
    is_problem(patch_json(client, f"{uses}1/", {"users": "X"}, **{"If-Match": proposed.headers["ETag"]}), 412)
    assert client.get(f"{uses}1/").headers["ETag"] == edited.headers["ETag"]
    assert [use["number"] for use in client.get(f"{uses}?state=proposed").json()["results"]] == [1]
    assert client.get(f"{uses}?state=live").json()["results"] == []


def test_whether_a_version_is_approved_for_a_use_is_one_question(api, engineer, workspace):
    version = make_version()
    use = make_use(version.model, title="Pricing")
    make_version(version.model)
    approve_for(version, use, conditions=["Up to 50 000."])
    path = f"/api/v1/models/{use.model_slug}/uses/1/approvals/"
    client = api(engineer)
    yes, no, nothing = (client.get(f"{path}{query}").json() for query in ("?version=1", "?version=2", ""))
    assert yes.keys() == examples.USE_APPROVALS.keys()
    assert yes["standing"].keys() == examples.USE_APPROVALS["standing"].keys()
    assert (yes["approved"], yes["standing"]["conditions"]) == (True, ["Up to 50 000."])
    assert (no["approved"], no["standing"], no["approvals"]) == (False, None, [])
    assert (nothing["version"], nothing["approved"], len(nothing["approvals"])) == (None, False, 1)
    is_problem(client.get(f"{path}?version=9"), 404)
    for query in ("version=0", "version=x", "version=99999999999", "when=now"):
        is_problem(client.get(f"{path}?{query}"), 400)


@pytest.mark.parametrize(
    "value", [[], None, {}, {"title": ""}, {"title": "x" * 201}, {"title": "a\x00b"}, {"title": "x", "reliance": "all"}]
)
def test_a_malformed_use_is_refused(api, engineer, uses, value):
    is_problem(post_json(api(engineer), uses, value), 400)


def test_a_state_is_never_patched(api, engineer, uses):
    post_json(api(engineer), uses, {"title": "Pricing"})
    body = is_problem(patch_json(api(engineer), f"{uses}1/", {"state": "live", "number": 7}), 400)
    assert {error["field"] for error in body["errors"]} == {"state", "number"}


def test_who_may_not_is_refused_and_who_may_not_see_finds_nothing(api, workspace, stranger, uses):
    for role in (Role.VALIDATOR, Role.AUDITOR, Role.ADMINISTRATOR):
        is_problem(post_json(api(make_person(role, workspace=workspace)), uses, {"title": "Pricing"}), 403)
    outside = api(stranger, workspace=stranger.grants.get().workspace)
    for path in (uses, f"{uses}1/", f"{uses}1/approvals/"):
        is_problem(outside.get(path), 404)
    is_problem(api().get(uses), 401)


def test_a_use_beyond_any_is_not_found(api, engineer, uses):
    for number in (0, 1, 10**30):
        is_problem(api(engineer).get(f"{uses}{number}/"), 404)
        is_problem(api(engineer).get(f"{uses}{number}/approvals/"), 404)
