"""Findings through the pages: raised, answered, handed back, closed."""

import csv
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audits.workflows.models import Finding
from tests.factories import PASSWORD
from tests.pages.scenery import make_assessed_model
from tests.signing import signed_on_page

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


def at(finding, name: str, *more) -> str:
    return reverse(name, args=[finding.reference, *more])


def test_a_severe_finding_goes_all_the_way_through_the_pages(visit, owner, engineer, validator, risk_officer, finding):
    page = at(finding, "finding")
    assert "Your turn: Answer it" in visit(owner).get(page).text
    assert "Awaits the first line" in visit(validator).get(page).text
    visit(owner).post(at(finding, "respond-to-finding"), {"response": "By design.", "disputed": "yes"})
    visit(validator).post(at(finding, "answer-rebuttal"), {"upheld": "yes", "reason": "The design is at fault."})
    day = timezone.localdate().isoformat()
    row = {"what_1": "Mend it.", "owner_1": str(engineer.pk), "due_1": day}
    visit(owner).post(at(finding, "plan-finding"), row)
    assert "Mend it." in visit(validator).get(at(finding, "review-plan")).text
    visit(validator).post(at(finding, "review-plan"), {"accepted": "yes"})
    visit(engineer).post(at(finding, "complete-action-item", 1), {"outcome": "Mended."})
    visit(owner).post(at(finding, "submit-finding"), {"response": "It is mended."})
    assert "Your turn: Do the test again" in visit(validator).get(page).text
    refused = visit(validator).post(at(finding, "judge-finding"), {"close": "yes", "reason": "Seen."})
    assert refused.status_code == 409 and "is done again before it is closed" in refused.text
    told = {"told": "Stable.", "evidence_digest": "cd" * 32}
    visit(validator).post(at(finding, "reperform-finding"), told)
    signed_on_page(visit(validator), at(finding, "judge-finding"), close="yes", reason="Seen.")
    assert "Your turn: Sign off" not in visit(validator).get(page).text
    signer = visit(risk_officer)
    assert "Your turn: Sign off the closure" in signer.get(page).text
    statement = signer.post(at(finding, "prepare-sign-off"), {"outcome": "sign"})
    assert "Read what you sign" in signer.get(statement.url).text
    signer.post(statement.url, {"password": PASSWORD})
    finding.refresh_from_db()
    assert (finding.state, finding.closed_by, finding.signature.person) == ("closed", risk_officer, risk_officer)
    text = visit(owner).get(page).text
    assert "Signed off by Rita Riskofficer" in text and "disputed the finding" in text and "Your turn" not in text


def test_an_answer_that_does_not_satisfy_is_handed_back(visit, owner, validator, model):
    visit(validator).post(reverse("raise-finding", args=[model.slug]), FINDING | {"severity": "low"})
    finding = Finding.objects.get()
    visit(owner).post(at(finding, "submit-finding"), {"response": "Mended."})
    visit(validator).post(at(finding, "judge-finding"), {"close": "no", "reason": "Not yet."})
    finding.refresh_from_db()
    assert finding.state == "open"


def test_a_draft_is_kept_from_the_first_line_until_it_is_issued(visit, owner, validator, model):
    visit(validator).post(reverse("raise-finding", args=[model.slug]), FINDING | {"draft": "yes"})
    draft = Finding.objects.get()
    assert visit(owner).get(at(draft, "finding")).status_code == 404
    assert draft.reference not in visit(owner).get(reverse("finding-list")).text
    visit(validator).post(at(draft, "revise-finding"), FINDING | {"title": "Income drifts in the north"})
    assert "Income drifts in the north" in visit(validator).get(at(draft, "issue-finding")).text
    visit(validator).post(at(draft, "issue-finding"))
    assert "Income drifts in the north" in visit(owner).get(at(draft, "finding")).text


def test_a_severity_below_the_impact_is_refused_at_its_field(visit, validator, model):
    sent = FINDING | {"severity": "low", "effect_percent": "6"}
    refused = visit(validator).post(reverse("raise-finding", args=[model.slug]), sent)
    assert refused.status_code == 422 and "suggests high" in refused.text
    assert "Income drifts" in refused.text, "what was typed is not lost"


def test_a_plan_without_anybody_is_refused_and_says_where(visit, owner, finding):
    refused = visit(owner).post(at(finding, "plan-finding"), {"what_2": "Mend it."})
    assert refused.status_code == 400 and "Choose who does it." in refused.text
    assert visit(owner).get(at(finding, "plan-finding"), {"rows": "99999999999999999999"}).status_code == 200


def test_the_second_line_does_not_answer_for_the_first(visit, validator, finding):
    assert visit(validator).post(at(finding, "respond-to-finding"), {"response": "Mended."}).status_code == 403


STEPS = ("respond-to-finding", "answer-rebuttal", "plan-finding", "review-plan", "submit-finding", "reperform-finding",
         "judge-finding", "prepare-sign-off", "drop-finding", "revise-finding", "issue-finding")  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_no_step_can_be_seen_by_who_may_not_see_the_model_and_each_opens_at_any_time(
    visit, stranger, auditor, finding, step
):
    assert visit(stranger).get(at(finding, step)).status_code == 404
    assert visit(auditor).get(at(finding, step)).status_code == 200
    assert visit(auditor).post(at(finding, step), {}).status_code in (400, 403)


def test_the_list_is_narrowed_and_exported(visit, validator, auditor, finding, model):
    other = FINDING | {"title": "=No manual", "severity": "low"}
    visit(validator).post(reverse("raise-finding", args=[model.slug]), other)
    low = Finding.objects.get(severity="low")
    Finding.objects.filter(pk=low.pk).update(due_at=timezone.localdate() - timedelta(days=1))
    client, listing = visit(auditor), reverse("finding-list")
    for query in ({"severity": "low"}, {"overdue": "yes"}, {"q": "manual"}, {"q": low.reference}):
        text = client.get(listing, query).text
        assert low.reference in text and finding.reference not in text, query
    assert finding.reference not in client.get(listing, {"owner": "nobody"}).text
    assert finding.reference in client.get(listing, {"state": "unfinished", "cursor": ""}).text
    assert client.get(listing, {"cursor": "nonsense"}).status_code == 302
    lines = list(csv.reader(b"".join(client.get(reverse("findings-csv"), {"severity": "low"})).decode().splitlines()))
    assert [line[:2] for line in lines[1:]] == [[low.reference, "'=No manual"]]


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
