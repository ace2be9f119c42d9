"""The change pages: what deciders see, who gets the form, and what each refusal looks like."""

import pytest
from django.urls import reverse

from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.services import decide, request_change, withdraw
from tests.factories import PASSWORD
from tests.pages.scenery import make_assessed_model


@pytest.fixture
def change(workspace, owner, engineer):
    """A retirement that an engineer asked for; the policy wants a risk officer and a validator."""
    model = make_assessed_model(name="Old scoring", owner=owner)
    return request_change("retirement", model.versions.get(), reason="Nobody uses it.", actor=engineer)


def page_of(change) -> str:
    return reverse("change", args=[change.reference])


def signed(change, **fields) -> dict:
    defaults = {
        "evidence_digest": change.evidence_digest,
        "meaning": Decision.Meaning.REVIEWED,
        "comment": "Agreed.",
        "password": PASSWORD,
    }
    return defaults | fields


def send(client, change, **fields):
    return client.post(reverse("decide-change", args=[change.reference]), signed(change, **fields))


def test_the_page_shows_the_reason_the_digest_the_consequences_and_who_is_awaited(visit, auditor, change):
    text = visit(auditor).get(page_of(change)).text
    for part in (
        "Nobody uses it.",
        change.evidence_digest,
        "are retired",
        "Risk officer: awaited",
        "Validator: awaited",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("role", "why"),
    [
        ("engineer", "you asked for it"),
        ("owner", "you own it"),
        ("auditor", "awaits a decision by"),
        ("administrator", "awaits a decision by"),
    ],
)
def test_whoever_may_not_decide_reads_why_and_gets_no_form(role, why, request, visit, change):
    text = visit(request.getfixturevalue(role)).get(page_of(change)).text
    assert why in text
    assert "Sign this decision" not in text


def test_a_signed_decision_stands_on_the_page_with_name_and_meaning(visit, validator, change):
    client = visit(validator)
    answer = send(client, change)
    assert answer.headers["Location"] == page_of(change)
    text = client.get(page_of(change)).text
    for part in (validator.display_name, "I reviewed the evidence", "“Agreed.”", "Validator: approved"):
        assert part in text


def test_two_different_people_carry_the_change_out(visit, validator, risk_officer, change):
    send(visit(validator), change)
    send(visit(risk_officer), change)
    change.refresh_from_db()
    assert change.state == "completed"
    assert change.model.versions.get().stage == "retired"


def test_a_wrong_password_signs_nothing_and_keeps_what_was_written(visit, validator, change):
    answer = send(visit(validator), change, password="wrong", comment="My long comment")
    assert answer.status_code == 403
    assert "The password is not right" in answer.text
    assert "My long comment" in answer.text
    assert "wrong" not in answer.text.replace("wrong password", "")
    assert not change.decisions.exists()


def test_a_decision_over_evidence_that_has_changed_is_refused_and_shows_the_new_digest(visit, validator, change):
    answer = send(visit(validator), change, evidence_digest="0" * 64)
    assert answer.status_code == 409
    assert "The evidence has changed since you opened this page" in answer.text
    assert f'value="{change.evidence_digest}"' in answer.text


def test_a_rejection_without_a_comment_is_refused(visit, validator, change):
    answer = send(visit(validator), change, meaning=Decision.Meaning.REJECTED, comment="")
    assert answer.status_code == 409
    assert "Say why you reject" in answer.text


def test_a_rejection_ends_the_request(visit, validator, change):
    send(visit(validator), change, meaning=Decision.Meaning.REJECTED, comment="It is still used.")
    change.refresh_from_db()
    assert change.state == "rejected"


def test_a_form_without_a_choice_is_shown_again_with_the_field_named(visit, validator, change):
    answer = send(visit(validator), change, meaning="")
    assert answer.status_code == 400
    assert 'id="id_meaning_error"' in answer.text


def test_htmx_gets_the_part_again_on_a_refusal_and_a_redirect_on_success(visit, validator, change):
    client, address = visit(validator), reverse("decide-change", args=[change.reference])
    headers = {"HX-Request": "true"}
    refused = client.post(address, signed(change, password="wrong"), headers=headers)
    assert (refused.status_code, "<html" in refused.text) == (403, False)
    done = client.post(address, signed(change), headers=headers)
    assert done.headers["HX-Redirect"] == page_of(change)


def test_whoever_asked_can_withdraw_and_others_cannot(visit, engineer, validator, change):
    address = reverse("withdraw-change", args=[change.reference])
    assert visit(validator).post(address, {"reason": "No."}).status_code == 403
    assert visit(engineer).post(address, {"reason": "Asked too early."}).status_code == 302
    change.refresh_from_db()
    assert (change.state, change.outcome) == ("withdrawn", "Asked too early.")


def test_a_request_that_the_rules_forbid_is_refused_with_every_reason(visit, engineer, change):
    model = change.model
    address = reverse("request-change", args=[model.slug, 1])
    answer = visit(engineer).post(address, {"kind": "promotion", "reason": "Why not."})
    assert answer.status_code == 409
    assert "Only a candidate or a challenger can be promoted" in answer.text
    assert "tier" in answer.text
    assert ChangeRequest.objects.count() == 1


def test_asking_for_a_change_leads_to_its_page(visit, owner):
    model = make_assessed_model(owner=owner)
    answer = visit(owner).post(
        reverse("request-change", args=[model.slug, 1]), {"kind": "retirement", "reason": "Replaced."}
    )
    change = ChangeRequest.objects.get()
    assert answer.headers["Location"] == page_of(change)
    assert change.requester == owner


def test_the_list_of_changes_needs_few_queries(visit, auditor, owner, engineer, django_assert_max_num_queries):
    for number in range(8):
        version = make_assessed_model(name=f"Model {number} of the list", owner=owner).versions.get()
        request_change("retirement", version, reason="Old.", actor=engineer)
    client = visit(auditor)
    with django_assert_max_num_queries(8):
        client.get(reverse("change-list"))


def test_a_decided_change_offers_no_form_and_keeps_its_outcome(visit, validator, risk_officer, change):
    for person, meaning in ((validator, "reviewed"), (risk_officer, "approved")):
        change.refresh_from_db()
        fields = {"evidence_digest": change.evidence_digest, "password": PASSWORD, "meaning": meaning}
        decide(change, approved=True, actor=person, **fields)
    text = visit(validator).get(page_of(change)).text
    assert "Sign this decision" not in text
    assert "is retired" in text


def test_the_list_filters_by_state(visit, auditor, engineer, change):
    withdraw(change, reason="Asked too early.", actor=engineer)
    client = visit(auditor)
    assert change.reference in client.get(reverse("change-list"), {"state": "withdrawn"}).text
    assert change.reference not in client.get(reverse("change-list"), {"state": "pending"}).text
