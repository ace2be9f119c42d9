"""The change pages: what deciders see, who gets the form, and what each refusal looks like."""

import pytest
import rfc8785
from django.urls import reverse
from django.utils.html import escape

from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.services import decide, request_change, withdraw
from inventory.services import edit_model
from mrm.accounts.models import Statement
from tests.factories import PASSWORD, RETIREMENT, RETIREMENT_FORM
from tests.pages.scenery import make_assessed_model


@pytest.fixture
def change(workspace, owner, engineer):
    """A retirement that an engineer asked for; the policy wants a risk officer and a validator."""
    model = make_assessed_model(name="Old scoring", owner=owner)
    return request_change(
        "retirement", model.versions.get(), reason="Nobody uses it.", terms=RETIREMENT, actor=engineer
    )


def page_of(change) -> str:
    return reverse("change", args=[change.reference])


def decision(change, **fields) -> dict:
    usual = {"evidence_digest": change.evidence_digest, "meaning": Decision.Meaning.REVIEWED, "comment": "Agreed."}
    return usual | fields


def go_on(client, change, **fields):
    """From the decision to the page where it is signed."""
    return client.post(reverse("decide-change", args=[change.reference]), decision(change, **fields))


def send(client, change, *, password=PASSWORD, **fields):
    """Decide, read the statement, sign it."""
    shown = go_on(client, change, **fields).headers["Location"]
    assert change.evidence_digest in client.get(shown).text
    return client.post(shown, {"password": password})


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
    assert "Go on to sign" not in text


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
    assert (change.state, change.retirement.state) == ("approved", "executing")


def test_the_statement_is_shown_word_for_word_before_it_is_signed(visit, validator, change):
    client = visit(validator)
    text = client.get(go_on(client, change, comment="It is <b>safe</b>.").headers["Location"]).text
    statement = Statement.objects.get()
    for part in (
        statement.digest,
        change.evidence_digest,
        "It is &lt;b&gt;safe&lt;/b&gt;.",
        str(change),
        "as validator",
    ):
        assert part in text
    assert escape(rfc8785.dumps(statement.body).decode()) in text
    assert not change.decisions.exists()


def test_a_wrong_password_signs_nothing_and_shows_the_statement_again(visit, validator, change):
    answer = send(visit(validator), change, password="wrong", comment="My long comment")
    assert answer.status_code == 403
    assert "The password is not right" in answer.text
    assert "My long comment" in answer.text
    assert not change.decisions.exists()


@pytest.mark.parametrize("proof", [{}, {"password": ""}, {"assertion": "{"}, {"assertion": "[]"}])
def test_without_a_proof_nothing_is_signed(visit, validator, change, proof):
    client = visit(validator)
    answer = client.post(go_on(client, change).headers["Location"], proof)
    assert answer.status_code == 400 and not change.decisions.exists()


def test_what_no_passkey_said_signs_nothing(visit, validator, change):
    client = visit(validator)
    answer = client.post(go_on(client, change).headers["Location"], {"assertion": '{"rawId": "AA"}'})
    assert answer.status_code == 403 and "no answer of a passkey of yours" in answer.text


def test_a_statement_is_shown_and_signed_only_where_it_was_prepared(visit, validator, risk_officer, change):
    client = visit(validator)
    shown = go_on(client, change).headers["Location"]
    for other in (visit(validator), visit(risk_officer)):
        assert other.get(shown).status_code == 409
        assert other.post(shown, {"password": PASSWORD}).status_code == 409
    client.post(shown, {"password": PASSWORD})
    assert client.post(shown, {"password": PASSWORD}).status_code == 409, "signed once"
    assert change.decisions.count() == 1


def test_a_decision_over_evidence_that_has_changed_is_refused_and_shows_the_new_digest(visit, validator, change):
    answer = go_on(visit(validator), change, evidence_digest="0" * 64)
    assert answer.status_code == 409
    assert "The evidence has changed since you opened this page" in answer.text
    assert f'value="{change.evidence_digest}"' in answer.text


def test_a_subject_that_changed_after_the_statement_was_shown_is_not_signed(visit, validator, engineer, change):
    client = visit(validator)
    shown = go_on(client, change).headers["Location"]
    edit_model(change.model, changes={"purpose": "Now also prices."}, actor=engineer)
    answer = client.post(shown, {"password": PASSWORD})
    assert answer.status_code == 409 and "has changed since" in answer.text
    assert not change.decisions.exists()


def test_a_rejection_without_a_comment_is_refused(visit, validator, change):
    answer = go_on(visit(validator), change, meaning=Decision.Meaning.REJECTED, comment="")
    assert answer.status_code == 409
    assert "Say why you reject" in answer.text


def test_a_rejection_ends_the_request(visit, validator, change):
    send(visit(validator), change, meaning=Decision.Meaning.REJECTED, comment="It is still used.")
    change.refresh_from_db()
    assert change.state == "rejected"


def test_a_form_without_a_choice_is_shown_again_with_the_field_named(visit, validator, change):
    answer = go_on(visit(validator), change, meaning="")
    assert answer.status_code == 400
    assert 'id="id_meaning_error"' in answer.text


def test_htmx_gets_the_part_again_on_a_refusal_and_is_sent_on_to_sign(visit, validator, change):
    client, address = visit(validator), reverse("decide-change", args=[change.reference])
    headers = {"HX-Request": "true"}
    refused = client.post(address, decision(change, evidence_digest="0" * 64), headers=headers)
    assert (refused.status_code, "<html" in refused.text) == (409, False)
    sent_on = client.post(address, decision(change), headers=headers)
    assert sent_on.headers["HX-Redirect"].startswith(address)


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
        reverse("request-change", args=[model.slug, 1]),
        {"kind": "retirement", "reason": "Not sold any more."} | RETIREMENT_FORM,
    )
    change = ChangeRequest.objects.get()
    assert answer.headers["Location"] == page_of(change)
    assert change.requester == owner


def test_the_list_of_changes_needs_few_queries(visit, auditor, owner, engineer, django_assert_max_num_queries):
    for number in range(8):
        version = make_assessed_model(name=f"Model {number} of the list", owner=owner).versions.get()
        request_change("retirement", version, reason="Old.", terms=RETIREMENT, actor=engineer)
    client = visit(auditor)
    with django_assert_max_num_queries(8):
        client.get(reverse("change-list"))


def test_a_decided_change_offers_no_form_and_keeps_its_outcome(visit, validator, risk_officer, change):
    for person, meaning in ((validator, "reviewed"), (risk_officer, "approved")):
        change.refresh_from_db()
        fields = {"evidence_digest": change.evidence_digest, "password": PASSWORD, "meaning": meaning}
        decide(change, approved=True, actor=person, **fields)
    text = visit(validator).get(page_of(change)).text
    assert "Go on to sign" not in text
    assert reverse("retirement", args=[change.reference]) in text


def test_the_list_filters_by_state(visit, auditor, engineer, change):
    withdraw(change, reason="Asked too early.", actor=engineer)
    client = visit(auditor)
    assert change.reference in client.get(reverse("change-list"), {"state": "withdrawn"}).text
    assert change.reference not in client.get(reverse("change-list"), {"state": "pending"}).text
