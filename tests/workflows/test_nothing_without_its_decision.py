"""What only a decision brings about is refused at the end of the transaction, whoever calls the service or writes SQL.

As from a Python shell on the server: no session, no page, as the system or as anybody. What remains to whoever owns the
tables is in tests/reports/test_agreement.py: triggers can be switched off, and `verify_trail` names what was done then.
"""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.workflows.models import Arrangement
from audits.workflows.services import request_change
from audits.workflows.services.validations import request_validation
from inventory import services
from inventory.models import Model, ModelVersion, Policy, PolicyDraft, TierAssessment
from inventory.services import approve_use, promote_version, propose_policy, publish_policy, resume_model, retire_model
from inventory.states import Stage, Status
from mrm.accounts.models import Person
from tests.factories import RETIREMENT, make_model, make_use, make_version, promote, sql
from tests.fixtures.story import approve
from tests.signing import confirm_tier, suspend
from tests.workflows.duties import WHY


@contextmanager
def refused(why: str):
    """What happens inside is refused when it would be committed."""
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        yield
        sql("SET CONSTRAINTS ALL IMMEDIATE")


# A policy.


def test_a_shell_cannot_publish_a_policy_without_a_decision(workspace, standard_document):
    with refused("version 2 of the policy comes into force by an approved request"):
        publish_policy(standard_document | {"title": "Mine"}, actor=None)
    assert Policy.objects.in_force().number == 1


@pytest.mark.parametrize("number", [0, 2, 99])
def test_a_policy_inserted_by_sql_never_comes_into_force(workspace, standard_document, number):
    with refused("by an approved request"):
        Policy.objects.create(number=number, document=standard_document, digest="0" * 64)


def test_a_draft_called_published_by_sql_does_not_bring_its_policy_into_force(story, standard_document):
    draft = propose_policy(standard_document | {"title": "Mine"}, reason="Mine.", actor=story.risk_officer)
    with pytest.raises(IntegrityError, match="published by an approved request"), transaction.atomic():
        policy = Policy.objects.create(number=2, document=draft.document, digest=draft.digest)
        PolicyDraft.objects.filter(pk=draft.pk).update(state="published", published_as=policy)


# A promotion.


def test_a_shell_cannot_promote_a_version_without_a_decision(candidate):
    with refused(f"version {candidate.number} goes into production by an approved request"):
        promote_version(candidate, actor=None)
    candidate.refresh_from_db()
    assert candidate.stage == Stage.CANDIDATE


@pytest.mark.parametrize("who", ["administrator", "risk_officer", "owner"])
def test_nobody_promotes_alone_from_a_shell_whatever_their_role(candidate, story, who):
    with refused("goes into production by an approved request"):
        promote_version(candidate, actor=story.person(who))


def test_a_request_that_is_not_decided_yet_promotes_nothing(candidate, story):
    change = request_change("promotion", candidate, reason=WHY, actor=story.engineer)
    approve(change, story.validator)
    with refused("goes into production by an approved request"):
        promote_version(candidate, actor=story.validator)


def test_what_was_decided_promotes(candidate, story):
    change = request_change("promotion", candidate, reason=WHY, actor=story.engineer)
    approve(change, story.validator)
    approve(change, story.risk_officer)
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    candidate.refresh_from_db()
    assert candidate.stage == Stage.PRODUCTION


def test_a_superseded_version_is_not_put_back_into_production_by_sql(candidate, story):
    """Its own decision, of then, does not stand for another time."""
    promote(candidate)
    first = ModelVersion.objects.filter(pk=story.version.pk)
    by_rollback, once = "goes back into production by a roll-back", "goes into production once"
    for put, why in (({}, by_rollback), ({"promoted_at": timezone.now()}, once)):
        with refused(why):
            ModelVersion.objects.filter(pk=candidate.pk).update(stage=Stage.SUPERSEDED)
            first.update(stage=Stage.PRODUCTION, **put)
    with refused("goes into production once"):
        ModelVersion.objects.filter(pk=candidate.pk).update(promoted_at=timezone.now())


def test_a_version_inserted_as_promoted_by_sql_is_refused(workspace):
    model = make_model()
    for row in ({"stage": Stage.PRODUCTION}, {"promoted_at": timezone.now()}):
        with refused("goes into production by an approved request"):
            ModelVersion.objects.bulk_create([ModelVersion(model=model, number=1, schema=[], **row)])


# What holds for a time.


@pytest.mark.parametrize("kind", ["exception", "overlay", "acceptance", "approval", "condition", "break_glass"])
def test_nothing_holds_for_a_time_that_was_not_decided(story, kind):
    """Neither without a request nor on one about something else, such as the promotion that there was."""
    change = story.version.changes.get(kind="promotion")
    kept = {"kind": kind, "model": story.model, "version": story.version, "title": "Mine.", "change": change}
    with refused("EX-2026-9999 holds by an approved request or opinion"):
        Arrangement.objects.create(
            reference="EX-2026-9999", clause="validation", ends_at=timezone.now() + timedelta(days=9), **kept
        )


def test_a_validation_that_nobody_approved_does_not_hold(story):
    asked = request_validation(story.version, kind="initial", trigger=WHY, actor=story.owner)
    with refused("holds by an approved request or opinion"):
        Arrangement.objects.create(
            reference="VA-2026-9999", kind="validation", model=story.model, version=story.version, validation=asked,
            title="Fit.", ends_at=timezone.now() + timedelta(days=900),
        )  # fmt: skip


def test_14_a_suspension_is_not_lifted_by_one_person_from_a_shell_or_by_sql(story):
    suspension = suspend(story.model, reason="Scores are constant.", actor=story.owner)
    with refused("runs again by an approved request that lifts"):
        resume_model(story.model, because="I say so.", actor=story.risk_officer)
    with refused("is lifted by an approved request"):
        Arrangement.objects.filter(pk=suspension.pk).update(state="closed", ended_at=timezone.now())


# A retirement.


def test_a_shell_cannot_retire_a_model_that_was_in_production_without_a_decision(story):
    with refused("was in production: it is retired by an approved request"):
        retire_model(story.model, actor=None)


def test_an_approved_retirement_whose_checklist_nobody_signed_ends_no_model(story):
    officers = [story.risk_officer, story.validator]
    change = request_change("retirement", story.model, reason=WHY, terms=RETIREMENT, actor=story.engineer)
    for person in officers:
        approve(change, person)
    change.refresh_from_db()
    assert change.state == "approved"
    with refused("retired by an approved request, signed"):
        retire_model(story.model, actor=story.risk_officer)


def test_a_model_that_never_was_in_production_ends_without_a_request(workspace):
    assert retire_model(make_version().model, actor=None).status == Status.RETIRED
    sql("SET CONSTRAINTS ALL IMMEDIATE")


# A tier.


def test_a_shell_cannot_confirm_a_tier_without_a_person_or_a_decision(workspace):
    with refused("is confirmed by a person or by an approved request"):
        services.confirm_tier(make_model(), actor=None)


def test_a_risk_officer_confirms_no_tier_from_a_shell_without_a_signature(workspace, risk_officer):
    with refused("is confirmed by signature, and there is none"):
        services.confirm_tier(make_model(), actor=risk_officer)


@pytest.mark.parametrize("column", ["owner", "registered_by"])
def test_the_owner_or_whoever_registered_a_model_does_not_confirm_its_tier_by_sql(workspace, risk_officer, column):
    model = make_model(**({"owner": risk_officer} if column == "owner" else {"actor": risk_officer}))
    with refused("neither owns nor registered it nor proposed its tier"):
        confirmed_by_sql(model, risk_officer)


def test_a_tier_is_not_confirmed_by_sql_in_the_name_of_who_confirms_none(workspace, administrator, validator):
    for person in (administrator, validator):
        with refused("is confirmed by a risk officer"):
            confirmed_by_sql(make_model(), person)


def test_a_confirmed_tier_is_not_made_laxer_by_sql(workspace, risk_officer):
    model = confirm_tier(make_model(), actor=risk_officer)
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET CONSTRAINTS ALL DEFERRED")
    with refused("is that of no assessment that was confirmed"):
        Model.objects.filter(pk=model.pk).update(tier=3)


def confirmed_by_sql(model: Model, person: Person) -> None:
    """The tier that the levels come to, confirmed in somebody's name past the service."""
    now = timezone.now()
    levels = {name: getattr(model, name) for name in ("exposure", "purpose_level", "complexity", "reliance")}
    TierAssessment.objects.create(
        model=model, policy=Policy.objects.in_force(), scorecard="x", facts={}, **levels, computed=model.tier,
        tier=model.tier, steps=[], state="confirmed", confirmed_by=person, confirmed_at=now,
    )  # fmt: skip
    Model.objects.filter(pk=model.pk).update(tier_confirmed_by=person, tier_confirmed_at=now)


# An approval for a use.


def test_a_shell_cannot_approve_a_version_for_a_use_without_a_decision(story):
    use = make_use(story.model)
    decided = story.version.changes.get(kind="promotion")
    for reference in ("", "CR-2026-9999", decided.reference):
        with refused("approved for a use by an approved request that names the use"):
            approve_use(story.version, use, change_reference=reference, actor=None)
