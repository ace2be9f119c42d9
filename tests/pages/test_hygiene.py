"""Hygiene: every rule finds what it names, counts what its list shows, and never calls good what nobody asked."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.contents.hygiene import BY_NAME, RULES, breaking, hygiene_of
from audits.workflows.models import Attestation, Finding
from audits.workflows.services import end_baselines
from inventory import policies
from inventory.models import Model, Policy
from inventory.services import add_particular, attach_document, edit_model, start_use
from inventory.services.uses import restrict_use
from mrm.accounts.policies import Role
from tests.factories import (
    approve_for,
    end_use,
    make_batch,
    make_model,
    make_outcomes,
    make_person,
    make_reference,
    make_rows,
    make_use,
    make_version,
    promote,
    publish,
    retire,
    undecided,
)
from tests.signing import close_account, confirm_tier

HYGIENE = "/api/v1/hygiene/"
LATER = timezone.now().date() + timedelta(days=100)
# What the standard policy asks of the middle tier, beyond what `make_model` says; rows apart.
SAID = {
    "prohibited_uses": "No mortgages.",
    "operating_boundaries": "Amounts up to 50 000.",
    "model_type": "classification",
    "origin": "internal",
    "personal_data": "personal",
    "developer": None,
    "validator": None,
}


def broken() -> dict[str, int]:
    return {one.rule.name: one.broken for one in hygiene_of(Model.objects.all(), now=timezone.now())}


def names(rule: str, **options) -> list[str]:
    return [model.name for model in breaking(Model.objects.all(), BY_NAME[rule], now=timezone.now(), **options)]


def complete(model, *, actor, without: str = "", **changes) -> Model:
    """The model with everything said that the policy asks for, but for one thing."""
    said = SAID | {name: make_person(role) for name, role in (("developer", "engineer"), ("validator", "validator"))}
    model = edit_model(model, changes={k: v for k, v in said.items() if k != without} | changes, actor=actor)
    rows = {"data_sources": {"name": "Bureau"}, "limitations": {"text": "Thin files.", "significance": "low"}}
    for name in rows.keys() - {without}:
        add_particular(model, name, values=rows[name], actor=actor)
    return model


@pytest.fixture
def used(workspace):
    """A model in use that nobody has sent anything of."""
    return promote(make_version(make_model(name="Used"))).model


def test_a_model_in_use_without_anything_breaks_what_it_should(used):
    assert {name for name, count in broken().items() if count} == {
        "incomplete",
        "tier_provisional",
        "not_approved",
        "no_use",
        "no_reference",
        "not_assessed",
        "no_batch",
        "no_labels",
    }


def test_what_is_sent_settles_its_rule(used, tmp_path, risk_officer):
    version = used.versions.get()
    make_reference(version, tmp_path)
    make_batch(version, tmp_path, rows=make_rows(repaid=None, start=timezone.now() - timedelta(days=1)))
    make_outcomes(used, tmp_path, rows=make_rows().select("application", "repaid"))
    start(used, "Loans")
    confirm_tier(used, actor=risk_officer)
    complete(used, actor=risk_officer)
    assert {name for name, count in broken().items() if count} == {"not_approved", "not_assessed"}


def start(model, title: str):
    use = make_use(model, title=title)
    approve_for(model.versions.get(), use)
    return start_use(use, actor=None)


def test_what_is_only_proposed_or_over_is_no_use_of_a_model_in_use(used):
    make_use(used, title="Limits")
    assert names("no_use") == ["Used"]
    use = start(used, "Loans")
    assert names("no_use") == []
    restrict_use(use, reason="Prices fell.")
    assert names("no_use") == [], "within limits it is still used so"
    end_use(use, reason="Sold.")
    assert names("no_use") == ["Used"]


def test_predictions_of_long_ago_are_none(used, tmp_path):
    make_batch(used.versions.get(), tmp_path, rows=make_rows(repaid=None, start=timezone.now() - timedelta(days=40)))
    assert names("no_batch") == ["Used"]


def test_an_owner_who_left_is_found(workspace):
    model = make_model(name="Orphan")
    close_account(model.owner, reason="Left.", actor=make_person(Role.ADMINISTRATOR))
    assert names("no_active_owner") == ["Orphan"]


def test_what_is_not_said_is_found(workspace, risk_officer):
    complete(make_model(name="Described"), actor=risk_officer)
    complete(make_model(name="Nameless purpose"), actor=risk_officer, purpose="")
    assert names("incomplete") == ["Nameless purpose"]


@pytest.mark.parametrize("name", sorted({*SAID, "data_sources", "limitations"}))
def test_a_model_that_lacks_one_thing_is_listed_as_long_as_its_page_says_so(name, workspace, risk_officer):
    model = complete(make_model(), actor=risk_officer, without=name)
    assert (model.missing()[:1], names("incomplete")) == ([name], [model.name])


def test_a_model_that_depends_on_a_retired_one_is_found(workspace, owner):
    upstream, consumer = make_model(name="Gone"), make_model(name="Stays")
    values = {"upstream": upstream, "kind": "input", "criticality": "high"}
    add_particular(consumer, "upstream", values=values, actor=owner)
    assert names("orphan_dependency") == []
    Model.objects.filter(pk=upstream.pk).update(status="retired")
    assert names("orphan_dependency") == ["Stays"]


def test_a_document_past_its_review_is_found(workspace, owner):
    model, today = make_model(name="Papers"), timezone.now().date()
    for day in (today, today - timedelta(days=1)):
        said = {"title": "Guide", "kind": "user_guide", "review_by": day}
        found = names("stale_document")
        attach_document(model, f"{day}".encode(), filename="g.txt", media_type="text/plain", values=said, actor=owner)
    assert (found, names("stale_document")) == ([], ["Papers"])


def test_a_tier_confirmed_longer_ago_than_the_policy_allows_is_found(workspace, risk_officer):
    model = confirm_tier(make_model(name="Old"), actor=risk_officer)
    assert names("tier_review_overdue") == []
    with undecided("inventory_model", "inventory_model_tier_is_decided"):
        Model.objects.filter(pk=model.pk).update(tier_confirmed_at=timezone.now() - timedelta(days=366))
    assert names("tier_review_overdue") == ["Old"]


def test_what_is_overdue_is_found(used):
    yesterday = timezone.now().date() - timedelta(days=1)
    Finding.objects.create(
        reference="F-2026-0001", model=used, severity="low", title="T", observation="O", required_outcome="R",
        state="open", owner=used.owner, due_at=yesterday,
    )  # fmt: skip
    policy = Policy.objects.in_force()
    Attestation.objects.create(model=used, policy=policy, covers_from=yesterday, due_at=yesterday)
    assert (names("finding_overdue"), names("attestation_overdue")) == (["Used"], ["Used"])


def test_a_retired_model_breaks_no_rule(used):
    retire(used)
    assert not any(broken().values())


def test_how_long_nothing_may_be_heard_is_what_the_policy_says(used, tmp_path):
    make_batch(used.versions.get(), tmp_path, rows=make_rows(repaid=None, start=timezone.now() - timedelta(days=40)))
    make_outcomes(used, tmp_path, rows=make_rows().select("application", "repaid"))
    document = Policy.objects.in_force().document
    assert (names("no_batch"), names("no_labels")) == (["Used"], [])
    publish(document | {"hygiene": document["hygiene"] | {"predictions_within_days": 60}})
    assert names("no_batch") == []
    older = {name: said for name, said in document.items() if name != "hygiene"}
    assert policies.hygiene(older) == policies.hygiene(document), "a policy from before has the standard one's"


def test_where_nothing_is_asked_nothing_is_good(visit, auditor):
    make_model()
    text = visit(auditor).get("/hygiene/").text
    assert "nothing to judge" in text
    standing = next(one for one in hygiene_of(Model.objects.all(), now=timezone.now()) if one.rule.name == "no_batch")
    assert (standing.asked, standing.broken) == (0, 0)


def test_every_number_is_its_list(visit, api, auditor, used):
    make_model(name="Taken over", baselined_until=LATER)
    client, rest = visit(auditor), api(auditor)
    for standing in rest.get(HYGIENE).json()["results"]:
        for dated, count in ((False, standing["broken"]), (True, standing["dated"])):
            listed = rest.get(f"{HYGIENE}{standing['rule']}/", {"dated": dated}).json()["results"]
            assert len(listed) == count
            page = client.get(f"/hygiene/{standing['rule']}/", {"dated": "yes"} if dated else {})
            assert len(page.context["page"].rows) == count


def test_debt_that_is_dated_stands_apart_from_what_is_broken(workspace):
    make_model(name="Taken over", baselined_until=LATER)
    make_model(name="Our own")
    assert names("tier_provisional") == ["Our own"]
    assert names("tier_provisional", dated=True) == ["Taken over"]


def test_a_baseline_excuses_nothing_that_is_wrong_today(workspace):
    model = promote(make_version(make_model(name="Taken over", baselined_until=LATER))).model
    close_account(model.owner, reason="Left.", actor=make_person(Role.ADMINISTRATOR))
    for rule in ("not_approved", "no_active_owner", "no_use"):
        assert (names(rule), names(rule, dated=True)) == (["Taken over"], [])
    dated = {one.rule.name for one in hygiene_of(Model.objects.all(), now=timezone.now()) if one.dated}
    assert dated == {"incomplete", "tier_provisional"}


def test_a_baseline_ends_when_its_day_has_passed(workspace):
    model = make_model(name="Taken over", baselined_until=LATER)
    assert end_baselines(timezone.now()) == 0
    Model.objects.filter(pk=model.pk).update(baselined_until=timezone.now().date() - timedelta(days=1))
    assert names("tier_provisional") == ["Taken over"]
    assert [end_baselines(timezone.now()) for _ in range(2)] == [1, 0]
    assert Entry.objects.get(action=Action.BASELINE_ENDED).details["because"] == "its day has passed"


def test_a_baseline_ends_when_everything_is_settled(workspace, risk_officer):
    model = complete(make_model(baselined_until=LATER), actor=risk_officer)
    confirm_tier(model, actor=risk_officer)
    assert end_baselines(timezone.now()) == 1
    assert Entry.objects.get(action=Action.BASELINE_ENDED).details["because"] == "everything is settled"


def test_all_rules_together_are_one_query_beside_those_for_the_policy_and_for_cadences(used, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert len(hygiene_of(Model.objects.all(), now=timezone.now())) == len(RULES)


def test_somebody_from_elsewhere_sees_nothing_of_it(api, used, stranger):
    client = api(stranger, workspace=stranger.grants.get().workspace)
    assert not any(one["broken"] for one in client.get(HYGIENE).json()["results"])
    assert client.get(f"{HYGIENE}no_such_rule/").status_code == 404


def test_a_rule_and_the_attestations_are_had_as_files_with_what_the_lists_show(client, used, auditor, stranger):
    Attestation.objects.create(
        model=used, policy=Policy.objects.in_force(), covers_from=date(2026, 1, 1), due_at=date(2026, 2, 1)
    )
    client.force_login(auditor)
    rule = b"".join(client.get(reverse("hygiene-csv", args=["incomplete"])).streaming_content).decode().splitlines()
    assert rule[0].endswith("missing") and "used,Used," in rule[1] and "prohibited_uses" in rule[1]
    asked = b"".join(client.get(reverse("attestations-csv")).streaming_content).decode().splitlines()
    assert asked[1].startswith("used,") and "2026-02-01" in asked[1]
    assert client.get(reverse("hygiene-csv", args=["nothing"])).status_code == 404
    client.force_login(stranger)
    assert b"used" not in b"".join(client.get(reverse("hygiene-csv", args=["incomplete"])).streaming_content)
