"""Rows changed by SQL: refused by a trigger, or found because no entry of the trail says so."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import record
from audits.workflows.models import Arrangement, ChangeRequest, Decision
from audits.workflows.services import decide, raise_finding, request_change, withdraw
from inventory.attributes import COLUMNS
from inventory.models import Model, ModelVersion
from inventory.services import edit_model, propose_use
from inventory.states import Stage, Status
from mrm.accounts.models import Person, RoleGrant
from mrm.accounts.policies import Role
from reports.contents.agreement import disagreements
from tests.factories import (
    PASSWORD,
    RETIREMENT,
    approve_for,
    confirm,
    make_model,
    make_otherwise,
    make_person,
    make_use,
    make_version,
    promote,
    publish,
    retire,
    sql,
    undecided,
    without_triggers,
)
from tests.signing import revoke_role

PROMOTED = "Version 1 of the model churn was put into production, and no approved request asked for it."


def named() -> list[str]:
    """What is named beside the promotion, which these tests bring about without a request."""
    return [one for one in disagreements() if one != PROMOTED]


@pytest.fixture
def change(workspace, owner, engineer, validator) -> ChangeRequest:
    """A retirement, of a model in use, that one of two has approved."""
    version = make_version(make_model(name="Churn", owner=owner))
    promote(version)
    change = request_change("retirement", version, reason="Idle.", terms=RETIREMENT, actor=engineer)
    decide(
        change,
        approved=True,
        meaning=Decision.Meaning.REVIEWED,
        evidence_digest=change.evidence_digest,
        password=PASSWORD,
        actor=validator,
    )
    assert named() == []
    return change


def assert_refused(act) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        act()


def test_an_untouched_installation_agrees_with_its_trail(change, owner):
    edit_model(change.model, changes={"exposure": "high"}, actor=owner)
    assert named() == []


def test_a_version_put_into_production_by_sql_is_named(workspace):
    version = make_version()
    with undecided("inventory_modelversion", "inventory_modelversion_is_decided"):
        ModelVersion.objects.filter(pk=version.pk).update(stage=Stage.PRODUCTION, promoted_at=timezone.now())
    found, without_request = disagreements()
    assert str(version.pk) in found and "is production" in found and "version.registered" in found
    assert without_request.endswith("was put into production, and no approved request asked for it.")


def test_a_model_put_into_use_by_sql_is_named(workspace):
    model = make_model(name="Smuggled")
    make_otherwise(model, status=Status.IN_USE)
    (found,) = named()
    assert (
        found == f"The model {model.slug} is in use, and no entry says that any version of it was put into production."
    )


def test_a_restriction_lifted_by_sql_is_named(change):
    Model.objects.update(status=Status.SUSPENDED)
    assert ["is suspended" in found for found in named()] == [True]


def test_a_laxer_tier_by_sql_is_named(change):
    assert_refused(partial(Model.objects.update, tier=3))
    without_triggers("inventory_model", "UPDATE inventory_model SET tier = 3")
    assert [found.startswith("The tier of the model ") for found in named()] == [True]


def test_a_request_approved_by_sql_is_named(change):
    assert_refused(partial(ChangeRequest.objects.update, state="approved", decided_at=timezone.now()))
    without_triggers("workflows_changerequest", "UPDATE workflows_changerequest SET state = 'approved'")
    assert ["is approved" in found and "change.requested" in found for found in named()] == [True]


def test_a_decision_given_to_somebody_else_by_sql_is_named(change, risk_officer):
    decision = Decision.objects.get()
    assert_refused(partial(Decision.objects.update, person=risk_officer))
    without_triggers("workflows_decision", f"UPDATE workflows_decision SET person_id = '{risk_officer.pk}'")
    assert named() == [f"The decision {decision.pk} is not the one that its entry says, or has none."]


def test_a_finding_closed_by_sql_is_named(change, validator):
    finding = raise_finding(
        change.model, severity="low", title="Thin", observation="Few.", required_outcome="More.", actor=validator
    )
    closing = "UPDATE workflows_finding SET state = 'closed', closed_at = now()"
    without_triggers("workflows_finding", f"{closing} WHERE id = '{finding.pk}'")
    (told,) = named()
    assert told.startswith(f"workflows.Finding:{finding.pk} is closed, which is not where the last entry about it")


def test_a_role_taken_by_sql_is_named(change, engineer):
    RoleGrant.objects.bulk_create(
        [RoleGrant(person=engineer, role=Role.RISK_OFFICER, state="granted", alone_because="I say so.")]
    )
    assert "Erin Engineer (risk_officer) holds, or held, a role that no entry says was granted." in named()


REWORDED = {
    "purpose": "'Marketing only.'",
    "name": "'Harmless'",
    "description": "repeat('b', 500)",  # Told by its digest.
    "owner": "registered_by_id",
    "regions": "'[\"CH\"]'",
    "exposure_amount": "1000.01",
    "retires_on": "'2031-01-01'",
    "exposure": "'low'",  # What its tier is made of.
    "vendor": "'Acme'",  # Of which nobody ever said anything.
}


@pytest.fixture
def described(workspace, owner, engineer) -> Model:
    """A model of whom much is said, by registering it, editing it and proposing its tier."""
    model = make_model(
        name="Churn", owner=owner, actor=engineer, purpose="Retention.", description="a" * 500, regions=["DE"],
        exposure_amount=Decimal("1000"), exposure_measure="Yearly revenue.", exposure_on=date(2026, 1, 31),
    )  # fmt: skip
    edit_model(model, changes={"purpose": "Keeping customers.", "exposure": "high", "vendor": ""}, actor=owner)
    assert named() == []
    return model


@pytest.mark.parametrize("name", REWORDED)
def test_what_the_register_says_about_a_model_changed_by_sql_is_named(described, name):
    sql(f"UPDATE inventory_model SET {Model._meta.get_field(name).column} = {REWORDED[name]}")
    said = f"What the register says about the model churn is not what the entries about it say: {COLUMNS[name].label}."
    assert named() == [said]


def test_a_use_reworded_by_sql_is_named(described, owner):
    use = propose_use(described, title="Letters", business_purpose="To keep them.", actor=owner)
    assert named() == []
    without_triggers("inventory_use", f"UPDATE inventory_use SET population = 'Everybody' WHERE id = '{use.pk}'")
    (found,) = named()
    assert found.startswith("The terms of the use ") and "Letters" in found


def test_rows_put_in_by_sql_are_named(workspace):
    Model.objects.bulk_create([Model(workspace=workspace, slug="ghost", name="Ghost", owner=make_person())])
    with undecided("accounts_person", "accounts_person_begins_with_its_password"):
        Person.objects.bulk_create([Person(email="ghost@bank.example", display_name="Ghost")])
    assert [found.startswith("No entry says how ") for found in named()] == [True, True]


def test_a_model_that_is_gone_is_named(workspace):
    model = make_model(name="Churn")
    without_triggers("inventory_model", f"DELETE FROM inventory_model WHERE id = '{model.pk}'")
    (found,) = named()
    assert found.startswith(f"inventory.Model:{model.pk} is gone, of which entry ")


def test_what_was_done_without_a_decision_by_the_owner_of_the_tables_is_named(change, standard_document):
    """The services that carry out what was decided, called without any decision while the triggers are off."""
    assert disagreements() == [PROMOTED]
    publish(standard_document | {"title": "Mine"})
    confirm(change.model)
    approve_for(change.model.versions.get(), make_use(change.model))
    with undecided("workflows_arrangement", "workflows_arrangement_is_decided"):
        held = Arrangement.objects.create(
            reference="EX-2026-9999", kind="exception", clause="validation", model=change.model, change=change,
            title="Mine.", ends_at=timezone.now() + timedelta(days=9),
        )  # fmt: skip
        record(Action.ARRANGEMENT_BEGUN, actor=None, subject=held, ends=held.ends_at.isoformat())
    withdraw(change, reason="No longer.", actor=change.requester)
    retire(change.model)
    assert named() == [
        "The model churn was retired after it had been in production, and no approved request asked for it.",
        "The tier of the model churn was confirmed by nobody, and no approved request did so.",
        "An approval of version 1 of the model churn for a use was given, and no approved request stands behind it.",
        "EX-2026-9999 holds or held, and no approved request stands behind it.",
        "Version 2 of the policy came into force, and no approved request asked for it.",
    ]


def test_a_request_that_nobody_had_to_approve_decides_nothing(change):
    """While the trigger is off that asks for approvers: a request that awaits no role is approved by nobody."""
    asked = ChangeRequest(
        reference="CR-2026-9999", kind="promotion", model=change.model, version=change.model.versions.get(),
        reason="Mine.", policy=change.policy, roles_required=[], evidence_digest="", expires_at=change.expires_at,
    )  # fmt: skip
    asking = ("workflows_changerequest_names_approvers", "workflows_changerequest_names_approvers_still")
    with undecided("workflows_changerequest", *asking):
        asked.save(force_insert=True)
        record(Action.CHANGE_REQUESTED, actor=None, subject=asked)
        ChangeRequest.objects.filter(pk=asked.pk).update(state="approved", decided_at=timezone.now())
        record(Action.CHANGE_APPROVED, actor=None, subject=asked)
    assert PROMOTED in disagreements()


def test_models_versions_and_roles_are_never_deleted_and_stay_what_they_are(change, risk_officer):
    models, versions, grants = Model.objects.all(), ModelVersion.objects.all(), RoleGrant.objects.all()
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    for rows in (models, versions, grants):
        assert_refused(partial(rows._raw_delete, rows.db))
        assert_refused(partial(sql, f"TRUNCATE {rows.model._meta.db_table} CASCADE"))
    for kept in ({"slug": "else"}, {"registered_at": timezone.now()}, {"registered_by": risk_officer}):
        assert_refused(partial(models.update, **kept))
    for kept in ({"number": 7}, {"schema": [{"name": "else"}]}, {"registered_by": risk_officer}):
        assert_refused(partial(versions.update, **kept))
    said = versions.filter(pk=make_version(change.model, artifact_sha256="1" * 64).pk)
    assert_refused(partial(said.update, artifact_sha256="2" * 64))
    for kept in ({"role": Role.AUDITOR}, {"person": risk_officer}, {"reason": "Else."}):
        assert_refused(partial(grants.update, **kept))
    sql("SET CONSTRAINTS ALL DEFERRED")
    ended = revoke_role(risk_officer.grants.get())
    assert_refused(partial(grants.filter(pk=ended.pk).update, state="granted"))


def test_what_is_retired_does_not_come_back(workspace):
    version = make_version()
    ModelVersion.objects.update(stage=Stage.RETIRED)
    Model.objects.update(status=Status.RETIRED)
    assert_refused(partial(ModelVersion.objects.filter(pk=version.pk).update, stage=Stage.PRODUCTION))
    assert_refused(partial(Model.objects.update, status=Status.IN_USE))


def test_the_command_names_the_rows_that_disagree(workspace, capsys):
    version = make_version()
    call_command("verify_trail", jobs=1)
    assert "The rows agree with it." in capsys.readouterr().out
    with undecided("inventory_modelversion", "inventory_modelversion_is_decided"):
        ModelVersion.objects.update(stage=Stage.PRODUCTION)
    with pytest.raises(CommandError, match=str(version.pk)):
        call_command("verify_trail", jobs=1)
