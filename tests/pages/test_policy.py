"""The policy as a page: tables that can be read, what changed between versions, and proposing a change by form."""

import copy
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from audits.workflows.models import ChangeRequest
from inventory import policies
from inventory.contents.policies import tables_of
from inventory.models import Policy, PolicyDraft
from inventory.policies.limits import ASKED_PRECISION, ROLES
from inventory.services import propose_policy
from mrm.accounts.policies import Role
from tests.factories import make_person, publish
from tests.fixtures.story import approve


def with_red(red: float) -> dict:
    document = copy.deepcopy(policies.preset("small-firm"))
    document["limits"][0]["red"] = red
    return document


def filled(client, **changes) -> dict:
    """The form as a browser would send it back, with some fields typed over."""
    form = client.get(reverse("edit-policy")).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in (sent | changes).items() if value is not None and value is not False} | {
        "reason": changes.get("reason", "Earlier alarms.")
    }


@pytest.mark.parametrize("who", ["owner", "engineer", "validator", "risk_officer", "auditor", "administrator"])
def test_everybody_with_a_role_reads_the_policy(who, visit, request):
    page = visit(request.getfixturevalue(who)).get(reverse("policy"))
    assert page.status_code == 200
    for told in ("PSI", "above 0.25", "quarterly", "validator and risk officer", "in force"):
        assert told in page.text


def test_somebody_without_any_role_does_not(visit, workspace):
    assert visit(make_person()).get(reverse("policy")).status_code == 403


@pytest.mark.parametrize(("who", "offered"), [("owner", False), ("auditor", False), ("validator", True)])
def test_only_the_second_line_is_offered_a_change(who, offered, visit, request):
    client = visit(request.getfixturevalue(who))
    assert (reverse("edit-policy") in client.get(reverse("policy")).text) is offered
    assert client.get(reverse("edit-policy")).status_code == (200 if offered else 403)
    assert client.get(reverse("upload-policy")).status_code == (200 if offered else 403)


def test_versions_are_listed_with_what_they_loosened(visit, auditor):
    publish(with_red(0.4))
    client = visit(auditor)
    assert "loosened 1" in client.get(reverse("policy")).text
    page = client.get(reverse("policy-differences", args=[2]))
    assert "red 0.25 → 0.4" in page.text and "loosens" in page.text
    assert "They say the same" in client.get(reverse("policy-differences", args=[2]) + "?from=2").text
    earlier = client.get(reverse("policy-version", args=[1]))
    assert "no longer in force" in earlier.text
    assert client.get(reverse("policy-document", args=[1])).json() == policies.preset("small-firm")


@pytest.mark.parametrize("asked", ["9", "abc", "-1", "99999999999999999999"])
def test_a_version_that_is_not_there_is_not_found_or_ignored(asked, visit, auditor):
    assert visit(auditor).get(reverse("policy-differences", args=[1]) + f"?from={asked}").status_code in (200, 404)
    assert visit(auditor).get("/policy/versions/77/").status_code == 404


def test_the_page_asks_the_database_as_often_for_many_versions_as_for_one(
    visit, auditor, django_assert_max_num_queries
):
    for red in (0.3, 0.31, 0.32, 0.33):
        publish(with_red(red))
    client = visit(auditor)
    client.get(reverse("policy"))
    with django_assert_max_num_queries(10):
        client.get(reverse("policy"))


def test_a_form_changes_cadence_and_limit_and_proposes_the_rest_as_it_was(visit, risk_officer):
    client = visit(risk_officer)
    sent = filled(client, **{"tiers.1.cadence.drift": "weekly", "limits[0].red": "0.2"})
    answer = client.post(reverse("edit-policy"), sent)
    draft = PolicyDraft.objects.get()
    assert answer.headers["Location"] == reverse("policy-draft", args=[draft.pk])
    told = [one.sentence for one in policies.differences(Policy.objects.in_force().document, draft.document)]
    assert told == ["Tier 1: drift monthly → weekly.", "Limit on PSI of the score: red 0.25 → 0.2."]


def test_a_form_drops_a_limit_and_adds_one_for_a_tier(visit, risk_officer):
    client = visit(risk_officer)
    last = len(policies.preset("small-firm")["limits"]) - 1
    new = {"measure": "psi", "role": "score", "tier": "1", "direction": "upper", "amber": "0.1", "red": "0.2",
           "decided_by": "tolerance", "minimum_size": "100"}  # fmt: skip
    sent = filled(client, **{f"limits[{last}].drop": "on"}, **{f"limits[new].{name}": new[name] for name in new})
    client.post(reverse("edit-policy"), sent)
    told = [
        one.sentence for one in policies.differences(policies.preset("small-firm"), PolicyDraft.objects.get().document)
    ]
    assert "Limit on PSI of the score: red 0.25 → 0.2 for tier 1." in told
    assert any(sentence.startswith("Limit on RMSE ratio: dropped") for sentence in told)


def test_a_limit_of_nought_is_a_limit_and_an_empty_one_is_none(visit, risk_officer, standard_document):
    standard_document["limits"][0]["amber"] = 0
    publish(standard_document)
    client = visit(risk_officer)
    client.post(reverse("edit-policy"), filled(client, **{"limits[1].amber": "0", "limits[2].amber": ""}))
    limits = PolicyDraft.objects.get().document["limits"]
    assert (limits[0]["amber"], limits[1]["amber"]) == (0, 0)
    assert "amber" not in limits[2]
    assert [(row.amber, row.red) for row in tables_of({"limits": limits}).limits][1:3] == [
        ("above 0", "above 0.25"),
        ("–", "above 0.1"),
    ]


def test_a_precision_of_nought_is_refused_where_it_was_written(visit, risk_officer):
    client = visit(risk_officer)
    form = client.get(reverse("edit-policy")).context["form"]
    place = next(place for place, entry in enumerate(form.base["limits"]) if entry["measure"] == ASKED_PRECISION)
    answer = client.post(reverse("edit-policy"), filled(client, **{f"limits[{place}].amber": "0"}))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [f"limits[{place}].amber"]


def test_every_column_that_a_limit_is_written_for_is_named_and_offered(visit, risk_officer):
    rows = tables_of(policies.preset("small-firm")).limits
    assert "every text" in {row.applies_to for row in rows}
    form = visit(risk_officer).get(reverse("edit-policy")).context["form"]
    assert {value for value, _ in form.fields["limits[new].role"].choices} == {"", *ROLES}


def test_a_fault_comes_back_at_the_field_where_it_lies(visit, risk_officer):
    client = visit(risk_officer)
    sent = filled(client, **{"limits[0].drop": "on", "limits[1].red": "0.01"})
    answer = client.post(reverse("edit-policy"), sent)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["limits[1].red"]
    assert client.post(reverse("edit-policy"), sent | {"limits[1].red": "nan"}).status_code == 400


def test_a_json_file_is_proposed_and_its_faults_are_named_by_path(visit, risk_officer):
    client, address = visit(risk_officer), reverse("upload-policy")
    faulty = SimpleUploadedFile("policy.json", b'{"title": "A policy", "limits": [{"measure": "psi"}]}')
    answer = client.post(address, {"file": faulty, "reason": "Why."})
    assert answer.status_code == 422
    assert "limits[0] needs amber, red or both" in answer.text and "tiers is missing" in answer.text
    broken = client.post(address, {"document": '{"title": ', "reason": "Why."})
    assert broken.status_code == 400 and "Line 1, column" in broken.text
    sent = {"document": json.dumps(with_red(0.2)), "reason": "Why."}
    assert client.post(address, sent).status_code == 302


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"title": "\\ud800"}',
        b"NaN",
        b"",
        b"9" * 5000,
        b'{"title": "a", "title": "b"}',
    ],
)
def test_a_file_that_is_no_policy_is_refused_in_words(content, visit, risk_officer):
    upload = SimpleUploadedFile("policy.json", content)
    answer = visit(risk_officer).post(reverse("upload-policy"), {"file": upload, "reason": "Why."})
    assert answer.status_code in (400, 422)


def test_the_page_of_a_draft_leads_to_the_decision_about_it(visit, workspace, risk_officer, validator, auditor):
    draft = propose_policy(with_red(0.4), reason="Too many alarms.", actor=risk_officer)
    address = reverse("policy-draft", args=[draft.pk])
    client, ask = visit(risk_officer), f"{reverse('request-policy-change')}?draft={draft.pk}"
    page = client.get(address).text
    assert "loosens" in page and ask in page and ask not in visit(auditor).get(address).text
    sent = {"kind": "policy_change", "reason": "Too many alarms.", "terms.draft": str(draft.pk)}
    asked = client.post(ask, sent)
    change = ChangeRequest.objects.get(kind="policy_change")
    assert asked.headers["Location"] == reverse("change", args=[change.reference])
    page = client.get(address).text
    assert change.reference in page and ask not in page
    for person in (validator, make_person(Role.RISK_OFFICER, workspace=workspace)):
        approve(change, person)
    assert "Published as" in client.get(address).text


def test_a_draft_is_turned_down_with_a_reason(visit, validator, risk_officer):
    draft = propose_policy(with_red(0.4), reason="Too many alarms.", actor=validator)
    client, address = visit(risk_officer), reverse("withdraw-policy", args=[draft.pk])
    assert client.post(address, {"reason": ""}).status_code == 400
    assert client.post(address, {"reason": "The alarms are real."}).status_code == 302
    assert "The alarms are real." in client.get(reverse("policy-draft", args=[draft.pk])).text


def test_a_policy_that_is_shipped_is_proposed_as_it_is_and_its_differences_are_sentences(visit, risk_officer, auditor):
    client, address = visit(risk_officer), f"{reverse('upload-policy')}?shipped=standard"
    assert address in client.get(reverse("policy")).text
    assert address not in visit(auditor).get(reverse("policy")).text
    document = client.get(address).context["form"].initial["document"]
    assert json.loads(document) == policies.standard()
    assert client.get(f"{reverse('upload-policy')}?shipped=nobodys").status_code == 200
    assert client.post(address, {"document": document, "reason": "We have a committee now."}).status_code == 302
    page = client.get(reverse("policy-draft", args=[PolicyDraft.objects.get().pk])).text
    assert "Approvals of promotion at tier 1: validator and risk officer → committee." in page
