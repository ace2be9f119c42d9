"""Attestation: asked for on the cadence of the tier, exactly once, and answered by the owner alone."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.contents.attestations import changes_since, entry_shown
from audits.workflows.contents.queue import work_for
from audits.workflows.models import Attestation
from audits.workflows.services import attest, open_due_attestations, withdraw_needless_attestations
from audits.workflows.states import AttestationState
from inventory.models import Model
from inventory.services import add_particular, edit_model, propose_use
from mrm.errors import NotPermitted, Outdated, RuleBroken, UnusableData
from tests.factories import make_model, make_otherwise, retire, without_triggers
from tests.inventory.test_history import let_days_pass
from tests.rest import is_problem, post_json

ATTESTATIONS = "/api/v1/attestations/"


def in_days(days: int):
    return timezone.now() + timedelta(days=days)


@pytest.fixture
def model(owner):
    """Of tier 2, asked about every half year; registered two hundred days ago."""
    model = make_model(owner=owner, purpose="Cards.")
    let_days_pass(200, model)
    return model


@pytest.fixture
def asked(model) -> Attestation:
    assert open_due_attestations(timezone.now()) == 1
    return Attestation.objects.get()


def give(attestation, actor, **fields) -> Attestation:
    shown = entry_shown(Attestation.objects.get(pk=attestation.pk))
    return attest(
        attestation, **{"statement": "It is right.", "evidence_digest": shown.digest, "actor": actor} | fields
    )


def test_an_owner_is_asked_when_the_cadence_of_the_tier_says_so(owner):
    recent, due = make_model(owner=owner), make_model(owner=owner)
    make_otherwise(due, registered_at=in_days(-183))
    make_otherwise(recent, registered_at=in_days(-100))
    open_due_attestations(timezone.now())
    assert [attestation.model for attestation in Attestation.objects.all()] == [due]
    Model.objects.filter(pk=recent.pk).update(tier=1)
    open_due_attestations(timezone.now())
    assert Attestation.objects.filter(model=recent).exists()


def test_asking_again_and_again_asks_once(asked):
    assert [open_due_attestations(timezone.now()) for _ in range(3)] == [0, 0, 0]
    assert Entry.objects.filter(action=Action.ATTESTATION_OPENED).count() == 1


def test_the_database_itself_keeps_one_open_attestation_per_model(asked):
    asked.pk, asked.covers_from = None, asked.covers_from - timedelta(days=1)
    with pytest.raises(IntegrityError, match="one_open_attestation_per_model"), transaction.atomic():
        asked.save(force_insert=True)


def test_the_next_cycle_begins_when_the_last_was_answered(asked, owner):
    give(asked, owner)
    assert open_due_attestations(in_days(181)) == 0
    assert open_due_attestations(in_days(183)) == 1


def test_what_changed_on_the_day_of_an_attestation_is_shown_in_the_next_cycle(asked, model, owner):
    give(asked, owner)
    edit_model(model, changes={"purpose": "Loans."}, actor=None)
    let_days_pass(200, model)
    earlier = "attested_at = attested_at - interval '200 days', covers_from = covers_from - 200"
    without_triggers("workflows_attestation", f"UPDATE workflows_attestation SET {earlier}")
    assert open_due_attestations(timezone.now()) == 1
    following = Attestation.objects.open().get()
    assert [change["field"] for change in changes_since(following)] == ["purpose"]


def test_what_changed_on_the_day_of_registration_is_shown_in_the_first_cycle(owner):
    model = make_model(owner=owner, purpose="Cards.")
    edit_model(model, changes={"purpose": "Loans."}, actor=None)
    let_days_pass(200, model)
    assert open_due_attestations(timezone.now()) == 1
    expected = {"field": "purpose", "before": "Cards.", "after": "Loans."}
    assert changes_since(Attestation.objects.get()) == [expected]


def test_what_was_withdrawn_is_asked_again_in_the_same_cycle(asked, model):
    Attestation.objects.filter(pk=asked.pk).update(state=AttestationState.WITHDRAWN)
    assert [open_due_attestations(timezone.now()) for _ in range(2)] == [1, 0]
    assert Attestation.objects.open().get().covers_from == asked.covers_from


def test_the_owner_attests_and_what_changed_is_kept(asked, model, owner):
    edit_model(model, changes={"purpose": "Loans."}, actor=None)
    given = give(asked, owner)
    assert (given.state, given.attested_by) == (AttestationState.GIVEN, owner)
    assert given.changes == [{"field": "purpose", "before": "Cards.", "after": "Loans."}]
    assert Entry.objects.get(action=Action.ATTESTATION_GIVEN).details["changes"] == 1


def test_nobody_but_the_owner_attests(asked, engineer, validator, risk_officer, auditor, administrator):
    for person in (engineer, validator, risk_officer, auditor, administrator, None):
        with pytest.raises(NotPermitted):
            give(asked, person)


def test_an_entry_that_changed_since_it_was_read_is_not_attested_to(asked, model, owner):
    read = entry_shown(asked).digest
    edit_model(model, changes={"purpose": "Loans."}, actor=None)
    with pytest.raises(Outdated):
        give(asked, owner, evidence_digest=read)


@pytest.mark.parametrize("what", ["limitation", "use"])
def test_a_row_that_came_since_the_entry_was_read_is_not_attested_to(asked, model, owner, validator, engineer, what):
    read = entry_shown(asked).digest
    if what == "use":
        propose_use(model, title="Pricing", actor=engineer)
    else:
        add_particular(model, "limitations", values={"text": "No SMEs.", "significance": "high"}, actor=validator)
    with pytest.raises(Outdated):
        give(asked, owner, evidence_digest=read)
    assert "No SMEs." in str(give(asked, owner).changes) or what == "use"


@pytest.mark.parametrize("statement", ["", "  ", "x" * 4001, "a\x00b"])
def test_an_attestation_without_a_statement_is_none(asked, owner, statement):
    with pytest.raises(UnusableData):
        give(asked, owner, statement=statement)


def test_what_was_attested_never_changes(asked, owner):
    give(asked, owner)
    with pytest.raises(RuleBroken, match="given"):
        give(asked, owner)
    for change in (lambda: Attestation.objects.update(statement="Other."), lambda: Attestation.objects.all().delete()):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def test_a_retired_model_is_asked_nothing(asked, model):
    retire(model)
    withdraw_needless_attestations()
    asked.refresh_from_db()
    assert asked.state == AttestationState.WITHDRAWN
    assert open_due_attestations(in_days(400)) == 0


def test_the_work_queue_reminds_the_owner_alone(asked, owner, validator):
    [task] = [task for task in work_for(owner, now=timezone.now()) if "Attest" in task.what]
    assert not task.is_overdue(timezone.now())
    assert task.is_overdue(in_days(40))
    assert not [task for task in work_for(validator, now=timezone.now()) if "Attest" in task.what]


@pytest.mark.parametrize(
    ("days", "bucket"), [(0, "current"), (1, "up to 90 days"), (91, "91 to 365 days"), (366, "more than a year")]
)
def test_what_is_overdue_is_told_by_buckets(asked, days, bucket):
    assert asked.bucket(asked.due_at + timedelta(days=days)) == bucket


def test_over_rest_an_owner_reads_and_attests(api, asked, owner, engineer, stranger):
    client = api(owner)
    [listed] = client.get(ATTESTATIONS, {"state": "open"}).json()["results"]
    address = f"{ATTESTATIONS}{listed['id']}/"
    edit_model(asked.model, changes={"purpose": "Loans."}, actor=None)
    read = client.get(address).json()
    assert read["changes"] == [{"field": "purpose", "before": "Cards.", "after": "Loans."}]
    sent = {"statement": "It is right.", "evidence_digest": read["evidence_digest"]}
    is_problem(post_json(api(engineer), f"{address}statement/", sent), 403)
    is_problem(post_json(client, f"{address}statement/", sent | {"evidence_digest": "0" * 64}), 412)
    assert post_json(client, f"{address}statement/", sent).json()["state"] == "given"
    assert client.get(address).json()["evidence_digest"] is None
    assert client.get(ATTESTATIONS, {"overdue": "true"}).json()["results"] == []
    is_problem(api(stranger, workspace=stranger.grants.get().workspace).get(address), 404)
