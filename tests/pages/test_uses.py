"""The tab of a model's uses: what it may be used for, which version was approved, and the forms."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from inventory import services
from tests.factories import approve_for, make_model, make_use, make_version, promote, take_back_approval


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
    assert "Meanwhile somebody else entered “Adults”" in late.text
    page = client.get(reverse("model-uses", args=[slug])).text
    assert "Adults" in page and "No version is approved for this use now." in page


def test_who_withdraws_a_use_is_asked_for_a_reason_and_for_nothing_else(visit, engineer, version):
    make_use(version.model, title="Pricing")
    client, address = visit(engineer), reverse("withdraw-use", args=[version.model.slug, 1])
    text = client.get(address).text
    assert 'name="reason"' in text and "effective_on" not in text and "no longer holds" not in text
    assert client.post(address, {"reason": "Asked for twice."}).status_code == 302


def test_a_use_without_a_title_comes_back_with_the_field_named(visit, engineer, version):
    answer = visit(engineer).post(reverse("propose-use", args=[version.model.slug]), {"users": "Branches"})
    assert answer.status_code == 400
    assert 'id="id_title_error"' in answer.text and "Branches" in answer.text


def test_what_stands_and_what_ended_are_told_apart(visit, auditor, version):
    use = make_use(version.model, title="Pricing")
    first = approve_for(version, use, conditions=["Up to 50 000."])
    services.start_use(use, actor=None)
    address = reverse("model-uses", args=[version.model.slug])
    page = visit(auditor).get(address).text
    assert "Up to 50 000." in page and "(in production)" in page and "Propose a use" not in page
    take_back_approval(first, reason="The data changed.", actor=None)
    page = visit(auditor).get(address).text
    assert "Restricted" in page and "The data changed." in page


def test_an_auditor_proposes_nothing_and_a_stranger_finds_nothing(visit, auditor, stranger, version):
    address = reverse("propose-use", args=[version.model.slug])
    assert visit(auditor).post(address, {"title": "Pricing"}).status_code == 403
    assert visit(stranger).get(address).status_code == 404
    assert visit(stranger).get(reverse("model-uses", args=[version.model.slug])).status_code == 404


def test_the_tab_takes_few_queries_however_many_uses_there_are(visit, owner, version, django_assert_max_num_queries):
    for _ in range(6):
        approve_for(version, make_use(version.model))
    client, address = visit(owner), reverse("model-uses", args=[version.model.slug])
    client.get(address)
    with django_assert_max_num_queries(14):
        assert client.get(address).text.count("Versions approved for it") == 6


def ask(client, model, **question) -> str:
    return client.get(reverse("model-uses", args=[model.slug]), question).text


def test_the_page_answers_whether_a_version_is_approved_for_a_use(visit, auditor, version):
    model, client = version.model, visit(auditor)
    use, later = make_use(model, title="Pricing"), make_version(version.model)
    approve_for(version, use, conditions=["Up to 50 000."])
    yes = ask(client, model, version=1, use=1)
    assert "Yes. Version 1 is approved for Pricing without an end." in yes
    assert "Under the condition: Up to 50 000." in yes and "But the use itself is approved." in yes
    no = ask(client, model, version=later.number, use=1)
    assert "No. Version 2 is not approved for Pricing." in no and "Approved for it: version 1." in no


def test_an_approval_is_told_until_its_last_day_everywhere_on_the_page(visit, auditor, version):
    """It ends at the midnight after: on that day the answer is no."""
    approve_for(version, make_use(version.model, title="Pricing"), expires_at=datetime(2099, 3, 1, tzinfo=UTC))
    page = ask(visit(auditor), version.model, version=1, use=1)
    assert "approved for Pricing until 28 Feb 2099" in page and page.count("until 28 Feb 2099") == 3
    assert "1 Mar 2099" not in page


def test_an_approval_that_ended_is_told_with_its_reason(visit, auditor, version):
    use = make_use(version.model, title="Pricing")
    take_back_approval(approve_for(version, use), reason="The data changed.", actor=None)
    page = ask(visit(auditor), version.model, version=1, use=1)
    assert "No. Version 1 is not approved for Pricing." in page and "The data changed." in page
    assert "No version is approved for it now." in page


def test_a_question_about_what_is_not_there_is_refused_in_words(visit, auditor, version):
    make_use(version.model, title="Pricing")
    address = reverse("model-uses", args=[version.model.slug])
    for question in ({"version": 9, "use": 1}, {"version": "x\x00", "use": "1"}, {"version": 1, "use": ""}):
        answer = visit(auditor).get(address, question)
        assert answer.status_code == 400 and "alert-danger" in answer.text


def test_the_version_in_production_stands_in_the_table_however_many_are_newer(visit, auditor, version):
    make_use(version.model, title="Pricing")
    for _ in range(7):
        make_version(version.model)
    page = visit(auditor).get(reverse("model-uses", args=[version.model.slug])).text
    assert "Version 1<" in page and "Version 8<" in page and "Version 3<" not in page
