"""The tab of a model's uses: what it may be used for, which version was approved, and the forms."""

import pytest
from django.urls import reverse

from inventory import services
from tests.factories import make_model, make_use, make_version, promote


@pytest.fixture
def version(workspace):
    return promote(make_version(make_model(name="Loans")))


def test_a_use_is_proposed_and_corrected_through_forms(visit, engineer, version):
    client, slug = visit(engineer), version.model.slug
    answer = client.post(reverse("propose-use", args=[slug]), {"title": "Pricing"})
    assert answer.headers["Location"] == reverse("model-uses", args=[slug]) + "#use-1"
    edit = reverse("edit-use", args=[slug, 1])
    assert client.post(edit, {"title": "Pricing", "population": "Adults", "revision": 1}).status_code == 302
    late = client.post(edit, {"title": "Pricing", "population": "All", "revision": 1})
    assert late.status_code == 412
    assert "changed by somebody else" in late.text
    page = client.get(reverse("model-uses", args=[slug])).text
    assert "Adults" in page and "No version is approved for this use now." in page


def test_a_use_without_a_title_comes_back_with_the_field_named(visit, engineer, version):
    answer = visit(engineer).post(reverse("propose-use", args=[version.model.slug]), {"users": "Branches"})
    assert answer.status_code == 400
    assert 'id="id_title_error"' in answer.text and "Branches" in answer.text


def test_what_stands_and_what_ended_are_told_apart(visit, auditor, version):
    use = make_use(version.model, title="Pricing")
    first = services.approve_use(version, use, conditions=["Up to 50 000."], actor=None)
    services.start_use(use, actor=None)
    address = reverse("model-uses", args=[version.model.slug])
    page = visit(auditor).get(address).text
    assert "Up to 50 000." in page and "(in production)" in page and "Propose a use" not in page
    services.end_approval(first, reason="The data changed.", actor=None)
    page = visit(auditor).get(address).text
    assert "Restricted" in page and "The data changed." in page


def test_an_auditor_proposes_nothing_and_a_stranger_finds_nothing(visit, auditor, stranger, version):
    address = reverse("propose-use", args=[version.model.slug])
    assert visit(auditor).post(address, {"title": "Pricing"}).status_code == 403
    assert visit(stranger).get(address).status_code == 404
    assert visit(stranger).get(reverse("model-uses", args=[version.model.slug])).status_code == 404


def test_the_tab_takes_few_queries_however_many_uses_there_are(visit, owner, version, django_assert_max_num_queries):
    for _ in range(6):
        services.approve_use(version, make_use(version.model), actor=None)
    client, address = visit(owner), reverse("model-uses", args=[version.model.slug])
    client.get(address)
    with django_assert_max_num_queries(12):
        assert client.get(address).text.count("Versions approved for it") == 6
