"""Findings through the pages: raised, answered, handed back, closed."""

import pytest
from django.urls import reverse

from audits.workflows.models import Finding
from tests.pages.scenery import make_assessed_model

FINDING = {
    "severity": "high",
    "title": "Income drifts",
    "observation": "The distribution moved.",
    "required_outcome": "A stable input.",
}


@pytest.fixture
def model(workspace, owner):
    return make_assessed_model(name="Lending", owner=owner)


@pytest.fixture
def finding(visit, validator, model) -> Finding:
    breach = model.versions.get().breaches.get()
    visit(validator).post(f"{reverse('raise-finding', args=[model.slug])}?breach={breach.pk}", FINDING)
    return Finding.objects.get()


def test_a_finding_from_a_breach_starts_with_what_was_seen(visit, validator, model):
    breach = model.versions.get().breaches.get()
    text = visit(validator).get(reverse("raise-finding", args=[model.slug]), {"breach": breach.pk}).text
    assert "PSI of income beyond its limit" in text


def test_a_finding_knows_its_breach_and_version(finding, model):
    assert finding.breach == model.versions.get().breaches.get()
    assert finding.version == model.versions.get()


def test_the_first_line_answers_and_submits_and_the_second_closes(visit, owner, validator, finding):
    page = reverse("finding", args=[finding.reference])
    assert "Save and submit for closure" in visit(owner).get(page).text
    answer = {"response": "Mended.", "submit": "yes"}
    visit(owner).post(reverse("respond-to-finding", args=[finding.reference]), answer)
    assert "Close the finding" not in visit(owner).get(page).text
    assert "Close the finding" in visit(validator).get(page).text
    visit(validator).post(reverse("judge-finding", args=[finding.reference]), {"reason": "Seen.", "close": "yes"})
    finding.refresh_from_db()
    assert (finding.state, finding.closed_by) == ("closed", validator)


def test_an_answer_that_does_not_satisfy_is_handed_back(visit, owner, validator, finding):
    visit(owner).post(reverse("respond-to-finding", args=[finding.reference]), {"response": "Mended.", "submit": "yes"})
    visit(validator).post(reverse("judge-finding", args=[finding.reference]), {"reason": "Not yet.", "return": "yes"})
    finding.refresh_from_db()
    assert finding.state == "open"


def test_the_second_line_does_not_answer_for_the_first(visit, validator, finding):
    answer = visit(validator).post(reverse("respond-to-finding", args=[finding.reference]), {"response": "Mended."})
    assert answer.status_code == 403


@pytest.mark.parametrize("role", ["engineer", "owner", "auditor"])
def test_only_the_second_line_raises_findings(role, request, visit, model):
    answer = visit(request.getfixturevalue(role)).post(reverse("raise-finding", args=[model.slug]), FINDING)
    assert answer.status_code == 403
    assert not Finding.objects.exists()


def test_the_list_of_findings_needs_few_queries(visit, validator, auditor, owner, django_assert_max_num_queries):
    for number in range(6):
        model = make_assessed_model(name=f"Model {number} with findings", owner=owner)
        visit(validator).post(reverse("raise-finding", args=[model.slug]), FINDING)
    client = visit(auditor)
    with django_assert_max_num_queries(7):
        client.get(reverse("finding-list"))
