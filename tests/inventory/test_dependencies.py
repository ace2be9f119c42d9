"""Dependencies of models: no circles, what a change reaches, and that nothing retires under a model in use."""

import pytest
from django.urls import reverse

from audits.workflows.gates import blockers_for_retirement
from inventory.contents.dependencies import consumers_of, orphan_dependencies, path_between, picture_of, shared_by
from inventory.models import Dependency, Model
from inventory.services import add_particular, edit_model, end_particular
from mrm.accounts.policies import Role
from mrm.accounts.services import create_person, grant_role
from mrm.errors import RuleBroken
from tests.factories import make_model, make_version, promote, retire
from tests.inventory.test_history import days_ago, let_days_pass
from tests.rest import is_problem


def depends(model, upstream, **fields) -> Dependency:
    values = {"upstream": upstream, "kind": "input", "criticality": "high"} | fields
    return add_particular(model, "upstream", values=values, actor=None)


@pytest.fixture
def chain(workspace) -> list[Model]:
    """D takes in C, which takes in B, which takes in A."""
    a, b, c, d = (make_model(name=name) for name in "ABCD")
    for consumer, upstream in ((b, a), (c, b), (d, c)):
        depends(consumer, upstream)
    return [a, b, c, d]


def test_a_circle_is_refused_and_its_way_is_named(chain):
    a, _, _, d = chain
    with pytest.raises(RuleBroken, match="A → D → C → B → A"):
        depends(a, d)
    with pytest.raises(RuleBroken, match="A → A"):
        depends(a, a)
    assert Dependency.objects.count() == 3


def test_a_way_that_was_ended_closes_no_circle(chain):
    a, b, _, d = chain
    end_particular(Dependency.objects.get(model=b), "upstream", reason="Replaced.", actor=None)
    depends(a, d)
    assert path_between(a, b) == [a, d, chain[2], b]


def test_a_change_reaches_every_model_downstream_nearest_first(chain):
    assert [(one.model.name, one.steps) for one in consumers_of(chain[0])] == [("B", 1), ("C", 2), ("D", 3)]
    assert consumers_of(chain[3]) == []


def test_a_model_is_not_retired_while_one_in_use_depends_on_it(chain):
    a, b, *_ = chain
    promote(make_version(b))
    assert "B is in use" in blockers_for_retirement(a)[0]
    with pytest.raises(RuleBroken, match="B is in use"):
        retire(a)
    end_particular(Dependency.objects.get(model=b), "upstream", reason="Estimated anew without it.", actor=None)
    assert blockers_for_retirement(a) == []
    retire(a)


def test_a_model_in_use_further_down_keeps_it_too_through_what_is_not_in_use_itself(chain):
    a, b, c, d = chain
    promote(make_version(d))
    [why] = blockers_for_retirement(a)
    assert why.startswith("D is in use and takes in what A gives through C through B; end one of these dependencies")
    promote(make_version(b))
    assert [why.split(" is ")[0] for why in blockers_for_retirement(a)] == ["B"], "what lies behind is B's matter"
    end_particular(Dependency.objects.get(model=c), "upstream", reason="Estimated anew without it.", actor=None)
    end_particular(Dependency.objects.get(model=b), "upstream", reason="Estimated anew without it.", actor=None)
    assert blockers_for_retirement(a) == []


def test_what_is_in_development_keeps_no_model_alive_and_is_found_as_an_orphan(chain):
    retire(chain[0])
    assert [str(edge.model) for edge in orphan_dependencies()] == ["B"]
    retire(chain[1])
    assert [str(edge.model) for edge in orphan_dependencies()] == ["C"]


def test_what_models_share_is_found_by_its_name_whatever_its_case(workspace, engineer):
    one, other, third = (make_model(name=name) for name in ("One", "Other", "Third"))
    for model, name in ((one, "Credit bureau"), (other, "credit bureau")):
        add_particular(model, "data_sources", values={"name": name}, actor=None)
    for model in (one, third):
        edit_model(model, changes={"vendor": "Acme"}, actor=engineer)
    one.refresh_from_db()
    shared = [(found.what, found.others, found.total) for found in shared_by(one, Model.objects.all())]
    assert shared == [("data source", [other], 1), ("vendor", [third], 1)]
    assert shared_by(one, Model.objects.filter(pk=one.pk)) == []


def test_a_family_of_methods_is_shared_by_those_that_are_not_retired(workspace, engineer):
    one, other, retired, linear = (make_model(name=name) for name in ("One", "Other", "Retired", "Linear"))
    for model, family in ((one, "tree"), (other, "tree"), (retired, "tree"), (linear, "linear")):
        edit_model(model, changes={"method_family": family}, actor=engineer)
    retire(retired)
    one.refresh_from_db()
    shared = [(found.what, found.others, found.total) for found in shared_by(one, Model.objects.all())]
    assert shared == [("family of methods", [other], 1)]


def test_the_picture_shows_the_neighbours_and_no_more(workspace):
    focus = make_model(name="Focus")
    edges = [depends(make_model(), focus) for _ in range(14)]
    picture = picture_of(focus, [], edges)
    assert (len(picture.downstream), picture.hidden) == (12, 2)


def test_the_tab_tells_neighbours_reach_and_refuses_a_circle_in_words(client, chain, engineer, stranger):
    a, b, _, d = chain
    client.force_login(engineer)
    page = client.get(reverse("model-dependencies", args=[b.slug])).text
    assert "<svg" in page and "in 2 steps" in page and "2 models</strong> downstream" in page
    sent = {"upstream": d.pk, "kind": "input", "criticality": "low"}
    answer = client.post(reverse("add-particular", args=[a.slug, "upstream"]), sent)
    assert answer.status_code == 409 and "A → D → C → B → A" in answer.text
    client.force_login(stranger)
    assert client.get(reverse("model-dependencies", args=[b.slug])).status_code == 404


def test_the_tab_takes_few_queries_however_many_neighbours_there_are(
    client, workspace, engineer, django_assert_max_num_queries
):
    focus = make_model()
    for _ in range(6):
        depends(make_model(), focus)
    client.force_login(engineer)
    client.get(reverse("model-dependencies", args=[focus.slug]))
    with django_assert_max_num_queries(16):
        client.get(reverse("model-dependencies", args=[focus.slug]))


def test_programs_read_neighbours_impact_and_what_is_shared(chain, api, auditor, stranger):
    for model in chain[:2]:
        add_particular(model, "data_sources", values={"name": "Bureau"}, actor=None)
    body = api(auditor).get("/api/v1/models/b/dependencies/").json()
    assert [one["model"] for one in body["upstream"]] == ["a"]
    assert [(one["model"], one["kind"], one["criticality"]) for one in body["downstream"]] == [("c", "input", "high")]
    assert [(one["model"], one["steps"], one["is_live"]) for one in body["impact"]] == [
        ("c", 1, False),
        ("d", 2, False),
    ]
    assert (body["hidden"], body["shared"][0]["models"]) == (0, ["a"])
    outside = api(stranger, workspace=stranger.grants.get().workspace)
    assert outside.get("/api/v1/models/b/dependencies/").status_code == 404


def test_who_may_see_one_model_learns_only_how_many_are_around_it(chain, client, workspace):
    person = create_person("one@example.com", "One Model", actor=None)
    grant_role(person, Role.AUDITOR, workspace=workspace, models=["b"], actor=None)
    client.force_login(person)
    page = client.get(reverse("model-dependencies", args=["b"])).text
    assert "3 more models around it that you may not see." in page
    assert "/models/a/" not in page and "/models/c/" not in page


def test_dependencies_are_told_as_they_stood_with_the_models_around_as_they_were(chain, api, client, auditor):
    a, b, c, _ = chain
    let_days_pass(10, *chain)
    end_particular(Dependency.objects.get(model=c), "upstream", reason="B was replaced.", actor=None)
    edit_model(Model.objects.get(pk=b.pk), changes={"name": "B renamed"}, actor=None)
    address = f"/api/v1/models/{a.slug}/dependencies/"
    now, then = api(auditor).get(address).json(), api(auditor).get(address, {"as_of": days_ago(5)}).json()
    assert [one["name"] for one in now["downstream"]] == ["B renamed"]
    assert [one["name"] for one in now["impact"]] == ["B renamed"]
    assert [one["name"] for one in then["downstream"]] == ["B"] and then["shared"] == []
    assert [(one["name"], one["steps"]) for one in then["impact"]] == [("B", 1), ("C", 2), ("D", 3)]
    is_problem(api(auditor).get(address, {"as_of": days_ago(30)}), 404)
    is_problem(api(auditor).get(address, {"as_of": "June"}), 400)
    client.force_login(auditor)
    page = reverse("model-dependencies", args=[a.slug])
    text = client.get(page, {"as_of": days_ago(5)}).text
    assert "as it stood on" in text and "3 models" in text and "B renamed" not in text
    assert client.get(page, {"as_of": "June"}).status_code == 400
