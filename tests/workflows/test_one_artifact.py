"""The same artifact is known by its digest, as a copy and by its place, with a digest or without, whatever its name."""

import random

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from audits.trail.models import Action, Entry
from audits.workflows.gates import gate_for
from audits.workflows.models import Arrangement, ChangeRequest, Finding
from audits.workflows.services import request_change
from inventory.contents.making import twins_of
from inventory.models import Model, ModelVersion
from inventory.services import describe_version
from inventory.states import Status
from mrm.accounts.policies import Role
from mrm.accounts.services import grant_role
from mrm.errors import RuleBroken
from registry.services import register_version as register_through_mlflow
from reports.contents.agreement import disagreements
from tests.factories import (
    SCHEMA,
    make_model,
    make_person,
    make_reference,
    make_version,
    promote,
    settle,
    sql,
    undecided,
    without_triggers,
)
from tests.workflows.duties import WHY, assert_the_database_refuses, now_holding, reasons
from tests.workflows.kinds import in_days
from tests.workflows.test_supervision import letter_for, say
from tests.workflows.validating import Panel, concluded, make_panel, opined, reviewed, validated

PLACE = "s3://models/credit/1"
OFTEN = 101


@pytest.fixture
def elsewhere(story):
    return make_model(workspace=story.workspace, name="Elsewhere", owner=story.owner, actor=story.engineer)


def first_of(story, model, **fields) -> ModelVersion:
    version = make_version(model, actor=story.engineer, **fields)
    make_reference(version, story.folder)
    return version


def copied(story, version: ModelVersion, model) -> ModelVersion:
    """As an MLflow client copies a version, without a word about its digest."""
    source = f"models:/{version.model.name}/{version.number}"
    copy = register_through_mlflow(story.workspace, model.name, source=source, tags={}, actor=story.engineer)
    return ModelVersion.objects.select_related("model").get(pk=copy.pk)


@pytest.mark.parametrize("how", ["a copy", "a copy of a copy", "the same place"])
def test_not_fit_is_not_shed_by_registering_it_again_without_a_digest(story, open_gate, elsewhere, how):
    unfit = first_of(story, elsewhere, artifact_uri=PLACE)
    judged = validated(unfit, make_panel(story.workspace), outcome="not_fit")
    if how == "the same place":
        again = make_version(story.model, artifact_uri=PLACE, actor=story.engineer)
    else:
        again = copied(story, unfit, story.model)
    if how == "a copy of a copy":
        again = copied(story, again, story.model)
    told = f"{judged.reference} found {unfit} not fit for use, and this is the same artifact."
    assert told in gate_for(again).reasons


def test_what_a_version_is_a_copy_of_is_told_to_those_who_may_see_that_model(story, elsewhere, api, client):
    again = copied(story, first_of(story, elsewhere), story.model)
    address = f"/api/v1/models/{story.model.slug}/versions/"
    within = make_person()
    grant_role(within, Role.AUDITOR, models=[story.model.slug], workspace=story.workspace, actor=None)
    for person, told in ((story.owner, {"model": elsewhere.slug, "number": 1}), (within, None)):
        assert api(person).get(f"{address}{again.number}/").json()["copied_from"] == told
        listed = api(person).get(address).json()["results"]
        assert [one["copied_from"] for one in listed if one["number"] == again.number] == [told]
        client.force_login(person)
        page = client.get(reverse("version", args=[story.model.slug, again.number])).text
        assert (f"{elsewhere.name} version 1" in page, "a model that you may not see" in page) == (bool(told), not told)


def test_a_copy_says_what_it_is_a_copy_of_in_the_trail_and_for_good(story, elsewhere):
    first = first_of(story, elsewhere)
    again = copied(story, copied(story, first, story.model), story.model)
    assert again.copied_from == first
    entry = Entry.objects.about(again).get(action=Action.VERSION_REGISTERED)
    assert entry.details["copied_from"] == f"inventory.ModelVersion:{first.pk}"
    for other in (story.version.pk, None):
        with pytest.raises(IntegrityError), transaction.atomic():
            ModelVersion.objects.filter(pk=again.pk).update(copied_from=other)
    for other in (f"'{story.version.pk}'", "NULL"):
        without_triggers(
            "inventory_modelversion",
            f"UPDATE inventory_modelversion SET copied_from_id = {other} WHERE id = '{again.pk}'",
        )
        assert any("is a copy of is not what its entry says" in fault for fault in disagreements())


def test_whoever_made_what_was_copied_does_not_decide_about_the_copy(story, open_gate, elsewhere):
    maker = make_person(Role.ENGINEER, workspace=story.workspace)
    first = make_version(elsewhere, actor=maker)
    again = copied(story, first, story.model)
    mover = now_holding(maker, Role.VALIDATOR, workspace=story.workspace)
    describe_version(again, schema=SCHEMA, actor=story.engineer)
    make_reference(ModelVersion.objects.get(pk=again.pk), story.folder)
    change = request_change("promotion", again, reason=WHY, actor=story.engineer)
    assert f"the same artifact as {first}" in reasons(change, mover)
    assert_the_database_refuses(change, mover, "whoever sent what a version consists of")


def test_whoever_sent_the_reference_data_of_the_same_artifact_is_told_so_before_the_database_refuses(
    story, open_gate, elsewhere
):
    sender = make_person(Role.ENGINEER, workspace=story.workspace)
    first = make_version(elsewhere, artifact_sha256="5" * 64, actor=story.engineer)
    make_reference(first, story.folder, actor=sender)
    again = first_of(story, story.model, artifact_sha256="5" * 64)
    mover = now_holding(sender, Role.VALIDATOR, workspace=story.workspace)
    change = request_change("promotion", again, reason=WHY, actor=story.engineer)
    assert f"sent the reference data of the same artifact as {first}" in reasons(change, mover)
    assert_the_database_refuses(change, mover, "whoever sent what a version consists of")


def test_what_states_another_digest_in_the_same_place_is_another_artifact(story, elsewhere):
    first = make_version(elsewhere, artifact_uri=PLACE, artifact_sha256="1" * 64, actor=story.engineer)
    second = make_version(story.model, artifact_uri=PLACE, artifact_sha256="2" * 64, actor=story.engineer)
    unsaid = make_version(story.model, artifact_uri=PLACE, actor=story.engineer)
    assert [twins_of(one) for one in (first, second)] == [[unsaid], [unsaid]]
    assert twins_of(unsaid) == [first, second]


@pytest.mark.parametrize("name", ["models:/credit/1", "models:/credit@best", "models://credit/Production"])
def test_a_name_in_a_registry_is_no_place(story, elsewhere, name):
    make_version(elsewhere, artifact_uri=name, actor=story.engineer)
    assert twins_of(make_version(story.model, artifact_uri=name, actor=story.engineer)) == []


def test_a_logged_model_is_a_place(story, elsewhere):
    first = make_version(elsewhere, artifact_uri="models:/m-0a1b", actor=story.engineer)
    assert twins_of(make_version(story.model, artifact_uri="models:/m-0a1b", actor=story.engineer)) == [first]


def test_what_is_one_artifact_through_another_version_is_one_artifact(story, elsewhere):
    original = make_version(elsewhere, artifact_sha256="1" * 64, actor=story.engineer)
    same = make_version(elsewhere, artifact_sha256="1" * 64, artifact_uri=PLACE, actor=story.engineer)
    placed = make_version(story.model, artifact_uri=PLACE, actor=story.engineer)
    assert twins_of(original) == [same, placed]
    assert twins_of(placed) == [original, same]


def joined(version: ModelVersion, among: list[ModelVersion]) -> set[ModelVersion]:
    """What paths lead to from a version on which no two digests differ."""
    known = set()
    awaited = {(version, version.artifact_sha256)}
    while awaited:
        known |= awaited
        awaited = {
            (other, stated or other.artifact_sha256)
            for one, stated in awaited
            for other in among
            if keys(one) & keys(other) and ("" in (stated, other.artifact_sha256) or stated == other.artifact_sha256)
        } - known
    return {one for one, _ in known}


def keys(version: ModelVersion) -> set:
    place = "" if version.copied_from else version.artifact_uri
    return {version.artifact_sha256, place, version.copied_from_id or version.pk} - {""}


@pytest.mark.parametrize("seed", range(6))
def test_what_is_one_artifact_is_one_from_whichever_end_it_is_asked(story, elsewhere, seed):
    draw, versions = random.Random(seed), []
    for _ in range(9):
        said = {
            "artifact_sha256": draw.choice(["", "1" * 64, "2" * 64]),
            "artifact_uri": draw.choice(["", "s3://p", "s3://q"]),
        }
        if versions and draw.random() < 0.4:
            said["copied_from"] = draw.choice(versions)
        versions.append(make_version(draw.choice([elsewhere, story.model]), **said, actor=story.engineer))
    same = {one: set(ModelVersion.objects.of_artifact(one)) for one in versions}
    assert {(one, other) for one in versions for other in same[one] if one not in same[other]} == set()
    assert same == {one: joined(one, versions) for one in versions}


def test_what_leads_on_through_one_digest_leads_to_none_that_states_another(story, elsewhere):
    said = [("", "s3://p"), ("2" * 64, "s3://p"), ("2" * 64, "s3://q"), ("1" * 64, "s3://q")]
    versions = [
        make_version(elsewhere, artifact_sha256=digest, artifact_uri=uri, actor=story.engineer) for digest, uri in said
    ]
    first, last = versions[0], versions[-1]
    assert not first.is_same_artifact(last) and not last.is_same_artifact(first)
    assert twins_of(first) == versions[1:3] and twins_of(last) == []


def test_what_is_one_artifact_is_found_by_indices_however_many_versions_there_are(story, elsewhere):
    version = make_version(elsewhere, artifact_sha256="1" * 64, artifact_uri=PLACE, actor=story.engineer)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM versions_of_key('1', 'place', %s)", [version.pk])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "versions_by_artifact" in plan and "versions_by_place" in plan and "Seq Scan" not in plan


def test_what_is_in_production_is_restricted_where_the_same_artifact_is_found_not_fit(story, open_gate, officers):
    in_use = first_of(story, story.model, artifact_sha256="5" * 64)
    promote(in_use)
    panel, again = make_panel(story.workspace), first_of(story, story.model, artifact_sha256="5" * 64)
    judged = validated(again, panel, outcome="not_fit")
    settle()
    lapsed = Arrangement.objects.unsettled().get(model=story.model)
    assert (lapsed.kind, lapsed.version, lapsed.validation) == (Arrangement.Kind.VALIDATION, in_use, judged)
    assert Model.objects.get(pk=story.model.pk).status == Status.RESTRICTED
    validated(in_use, panel, kind="periodic_full")
    settle()
    assert Model.objects.get(pk=story.model.pk).status == Status.IN_USE


def test_thousands_in_one_place_with_and_without_a_digest_are_not_compared_each_with_each(story, elsewhere):
    ModelVersion.objects.bulk_create(
        ModelVersion(
            model=elsewhere, number=number, artifact_uri=PLACE, artifact_sha256=f"{number:064}" if number % 2 else ""
        )
        for number in range(1, 4001)
    )
    sql("ANALYZE inventory_modelversion; SET LOCAL statement_timeout = '4s'")
    unsaid, stated = (elsewhere.versions.get(number=number) for number in (2, 1))
    assert ModelVersion.objects.of_artifact(unsaid).count() == 4000
    assert ModelVersion.objects.of_artifact(stated).count() == 2001


@pytest.fixture
def restricted(story, open_gate) -> tuple[ModelVersion, ModelVersion, Panel]:
    """What is in production, and the same artifact that a full validation found not fit under another number."""
    in_use = first_of(story, story.model, artifact_sha256="5" * 64)
    promote(in_use)
    request_change("approval", in_use, reason=WHY, terms={"ends_on": in_days(30)}, actor=story.owner)
    panel, again = make_panel(story.workspace), first_of(story, story.model, artifact_sha256="5" * 64)
    validated(again, panel, kind="periodic_full", outcome="not_fit")
    settle()
    return in_use, again, panel


def test_a_restriction_by_a_full_validation_of_another_number_is_lifted_by_no_lighter_one(story, restricted):
    in_use, _, panel = restricted
    validated(in_use, panel)
    settle()
    assert Model.objects.get(pk=story.model.pk).status == Status.RESTRICTED
    with pytest.raises(IntegrityError, match="or by what replaces it"), transaction.atomic():
        sql("UPDATE workflows_arrangement SET state = 'closed', ended_at = now() WHERE state = 'expired'")
        settle()
    validated(in_use, panel, kind="periodic_full")
    settle()
    assert Model.objects.get(pk=story.model.pk).status == Status.IN_USE


def test_what_is_found_fit_after_all_under_another_number_lifts_the_restriction_for_that(story, restricted):
    _, again, panel = restricted
    validated(again, panel)
    assert Model.objects.get(pk=story.model.pk).status == Status.RESTRICTED, "by a lighter one it is not"
    validated(again, panel, kind="periodic_full")
    settle()
    assert Model.objects.get(pk=story.model.pk).status == Status.IN_USE


def test_the_database_puts_nothing_into_production_that_was_found_not_fit_under_any_number(story, restricted):
    in_use, again, _ = restricted
    for unfit in (again, first_of(story, story.model, artifact_sha256="5" * 64)):
        with pytest.raises(RuleBroken, match="found not fit for use does not go"):
            promote(unfit)
    approval = ChangeRequest.objects.get(version=in_use)
    decided = undecided("workflows_changerequest", "workflows_changerequest_is_decided")
    with pytest.raises(RuleBroken, match="nor on in it"), decided:
        sql("UPDATE workflows_changerequest SET state = 'approved', decided_at = now() WHERE id = %s", approval.pk)
    promote(make_version(story.model, artifact_sha256="6" * 64, actor=story.engineer))
    settle()


def test_the_database_takes_no_not_fit_without_its_consequence_for_what_is_in_production(story, open_gate):
    promote(first_of(story, story.model, artifact_sha256="5" * 64))
    panel, again = make_panel(story.workspace), first_of(story, story.model, artifact_sha256="5" * 64)
    opinion = opined(concluded(again, panel), panel, outcome="not_fit")
    approved = undecided("workflows_validationopinion", "workflows_validationopinion_is_approved")
    with pytest.raises(RuleBroken, match="is restricted with it"), approved:
        sql("UPDATE workflows_validationopinion SET approved_at = now() WHERE id = %s", opinion.pk)


def test_another_model_that_has_it_in_production_gets_a_finding(story, open_gate, elsewhere):
    in_use = first_of(story, elsewhere, artifact_sha256="5" * 64)
    promote(in_use)
    again = first_of(story, story.model, artifact_sha256="5" * 64)
    judged = validated(again, make_panel(story.workspace), outcome="not_fit")
    finding = Finding.objects.get(model=elsewhere)
    assert (finding.version, finding.severity, finding.raised_by) == (in_use, "high", None)
    assert judged.reference in finding.observation


def registered_often(model: Model, **said):
    for _ in range(OFTEN):
        make_version(model, **said)


@pytest.mark.parametrize("part", ["made", "owns", "is named"])
def test_whoever_had_a_part_in_an_artifact_does_not_decide_however_often_it_was_registered_before(
    story, open_gate, elsewhere, part
):
    registered_often(elsewhere, artifact_sha256="5" * 64, actor=story.engineer)
    someone = make_person(Role.ENGINEER, Role.OWNER, workspace=story.workspace)
    offices = {"owns": {"owner": someone}, "is named": {"owner": story.owner, "developer": someone}}
    third = make_model(
        workspace=story.workspace, name="Third", actor=story.engineer, **offices.get(part, {"owner": story.owner})
    )
    maker = someone if part == "made" else story.engineer
    late = make_version(third, artifact_sha256="5" * 64, actor=maker)
    again = first_of(story, story.model, artifact_sha256="5" * 64)
    change = request_change("promotion", again, reason=WHY, actor=story.engineer)
    told = {"made": f"the same artifact as {late}", "owns": "you own Third", "is named": "named as the developer of"}
    mover = now_holding(someone, Role.VALIDATOR, workspace=story.workspace)
    assert told[part] in reasons(change, mover)


def test_nothing_said_of_an_artifact_is_forgotten_however_often_it_was_registered_before(story, open_gate, elsewhere):
    registered_often(elsewhere, artifact_sha256="5" * 64, actor=story.engineer)
    third = make_model(workspace=story.workspace, name="Third", owner=story.owner, actor=story.engineer)
    promote(first_of(story, third, artifact_sha256="5" * 64))
    unfit = first_of(story, elsewhere, artifact_sha256="5" * 64)
    say(story, unfit, "objected", letter_for(elsewhere))
    panel = make_panel(story.workspace)
    begun_again = opined(concluded(first_of(story, elsewhere, artifact_sha256="5" * 64), panel), panel)
    judged = validated(unfit, panel, outcome="not_fit")
    gate = gate_for(first_of(story, story.model, artifact_sha256="5" * 64))
    assert f"{judged.reference} found {unfit} not fit for use, and this is the same artifact." in gate.reasons
    assert any(f"The supervisor objected to {unfit}" in warning for warning in gate.warnings)
    assert any(begun_again.request.reference in warning for warning in gate.warnings)
    finding = Finding.objects.get(model=third)
    assert f"{finding.reference} (high) is open about {third}, where the same artifact is registered." in gate.warnings


def test_what_was_found_of_a_model_as_a_whole_is_found_of_its_artifacts_under_another_model(
    story, open_gate, elsewhere
):
    first = first_of(story, elsewhere, artifact_sha256="5" * 64)
    again = first_of(story, story.model, artifact_sha256="5" * 64)
    panel = make_panel(story.workspace)
    opinion = opined(concluded(elsewhere, panel, kind="annual_review"), panel, outcome="not_fit")
    assert any(f"signed that {elsewhere} is not fit" in reason for reason in gate_for(again).reasons)
    for person in (panel.second, panel.head):
        reviewed(opinion.request, person)
    told = f"{opinion.request.reference} found {elsewhere} not fit for use, and this is the same artifact."
    assert told in gate_for(again).reasons
    assert first.model == elsewhere
    validated(again, panel, kind="periodic_full")
    assert told not in gate_for(ModelVersion.objects.get(pk=again.pk)).reasons, "found fit in full since"
