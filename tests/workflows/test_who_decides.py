"""Who decides under the standard policy, kind by kind and tier by tier; and what a small firm has otherwise."""

import copy
import json

import pytest

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import ChangeRequest
from audits.workflows.services import draft_change, raise_finding, request_change
from audits.workflows.services.kinds import KINDS
from audits.workflows.states import ChangeState
from inventory import policies
from inventory.models import ModelVersion, Policy
from inventory.services import edit_model
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken
from mrm.pages.wording import roles_together
from tests.factories import make_otherwise, make_person, publish, sql, undecided, without_triggers
from tests.fixtures.story import approve
from tests.signing import conclude_vote

Kind = ChangeRequest.Kind
WHY = "Asked for by the business."
COMMITTEE, CRO_TOO = ["committee"], ["risk_officer", "chief_risk_officer"]
OFFICERS = ["head_of_validation", "risk_officer"]


@pytest.fixture
def standard(story):
    return publish(policies.standard())


def in_tier(model, tier: int, **facts):
    """As it would be after its tier was assessed and confirmed anew."""
    with undecided("inventory_model", "inventory_model_tier_is_decided"):
        make_otherwise(model, tier=tier, **facts)
    about_persons = json.dumps(model.affects_natural_persons)
    changed = (
        f"facts = jsonb_set(facts, '{{affects_natural_persons}}', '{about_persons}') WHERE model_id = '{model.pk}'"
    )
    without_triggers("inventory_tierassessment", f"UPDATE inventory_tierassessment SET {changed}")
    sql("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.parametrize(
    ("kind", "by_tier"),
    {
        "promotion": [COMMITTEE, CRO_TOO, OFFICERS],
        "approval": [COMMITTEE, CRO_TOO, OFFICERS],
        "retirement": [COMMITTEE, CRO_TOO, OFFICERS],
        "use_ending": [COMMITTEE, CRO_TOO, OFFICERS],
        "retraining": [CRO_TOO, CRO_TOO, OFFICERS],
        "retraining_envelope": [COMMITTEE, CRO_TOO, OFFICERS],
        "exception": [CRO_TOO, OFFICERS, OFFICERS],
        "exception_severe": [COMMITTEE, CRO_TOO, CRO_TOO],
        "overlay": [OFFICERS] * 3,
        "overlay_material": [COMMITTEE, CRO_TOO, CRO_TOO],
        "risk_acceptance": [CRO_TOO, OFFICERS, OFFICERS],
        "risk_acceptance_severe": [COMMITTEE, CRO_TOO, CRO_TOO],
        "tier_change": [OFFICERS] * 3,
        "policy_change": [COMMITTEE] * 3,
        "resumption": [CRO_TOO, CRO_TOO, OFFICERS],
        "break_glass": [CRO_TOO, CRO_TOO, OFFICERS],
        "extension": [OFFICERS] * 3,
        "further_extension": [COMMITTEE] * 3,
        "cadence_change": [OFFICERS] * 3,
    }.items(),
)
def test_the_standard_policy_names_for_every_kind_and_tier_whom_the_design_does(kind, by_tier):
    assert [policies.roles_required(policies.standard(), kind, tier) for tier in (1, 2, 3)] == by_tier
    assert policies.roles_required(policies.standard(), kind, 0) == by_tier[2], "an exempt one as the lowest"


def test_a_model_leaves_the_strictest_tier_by_the_committee():
    assert policies.lowering_roles(policies.standard()) == COMMITTEE


def test_every_kind_of_request_has_its_line_in_the_table_above():
    decided_by_policy = {kind for kind, what in KINDS.items() if not what.decided_by}
    assert decided_by_policy <= policies.standard()["approvals"].keys()


def test_no_validator_decides_anything_under_the_standard_policy():
    approvals = policies.standard()["approvals"]
    assert not [kind for kind, tiers in approvals.items() if any("validator" in roles for roles in tiers.values())]
    assert "validator" not in policies.standard()["suspension"]["ordered_by"]


def test_a_small_firm_decides_by_two_signatures_and_else_as_the_standard_policy():
    small = policies.preset("small-firm")
    assert policies.faults_in(small) == []
    assert {name for name in small if small[name] != policies.standard()[name]} == {"title", "approvals", "suspension"}
    assert policies.roles_required(small, "promotion", 1) == ["validator", "risk_officer"]
    assert policies.roles_required(small, "exception_severe", 2) == policies.roles_required(small, "exception", 2)


def test_a_small_firm_asks_for_no_committee_and_no_head_of_validation():
    approvals = policies.preset("small-firm")["approvals"]
    asked = {role for tiers in approvals.values() for roles in tiers.values() for role in roles}
    assert asked == {"validator", "risk_officer", "chief_risk_officer"}


def test_a_policy_older_than_a_section_has_that_of_the_standard_policy_also_where_it_began_as_a_small_firms():
    older = copy.deepcopy(policies.preset("small-firm"))
    del older["suspension"], older["overlays"]
    assert policies.section(older, "suspension") == policies.standard()["suspension"]
    assert "validator" not in policies.section(older, "suspension")["ordered_by"]
    assert policies.is_material_overlay(older, 5) and not policies.is_material_overlay(older, 4)


def test_what_the_two_policies_decide_otherwise_is_told_in_sentences_that_say_what_loosens():
    standard, small = policies.standard(), policies.preset("small-firm")
    told = {one.sentence: one.loosens for one in policies.differences(standard, small)}
    assert told["Approvals of promotion at tier 1: committee → validator and risk officer."] is True
    back = {one.sentence for one in policies.differences(small, standard)}
    assert "Approvals of promotion at tier 1: validator and risk officer → committee." in back


def test_a_policy_from_before_there_was_a_kind_decides_it_as_policies_did_then():
    older = copy.deepcopy(policies.standard())
    del older["approvals"]["use_ending"]
    assert policies.roles_required(older, "use_ending", 2) == ["risk_officer", "validator"]


@pytest.fixture
def panel(story) -> dict:
    """One person for each office."""
    offices = {
        "head": [Role.HEAD_OF_VALIDATION],
        "chief": [Role.CHIEF_RISK_OFFICER],
        "compliance": [Role.COMPLIANCE],
        "chair": [Role.COMMITTEE_CHAIR],
        "member": [Role.COMMITTEE_MEMBER],
        "senior_member": [Role.COMMITTEE_MEMBER, Role.CHIEF_RISK_OFFICER],
    }
    return {name: make_person(*roles, workspace=story.workspace) for name, roles in offices.items()}


@pytest.fixture
def open_to_all(standard):
    """The standard policy, but what was measured before does not matter here."""
    document = copy.deepcopy(policies.standard())
    document["promotion"]["required_assessments"] = []
    return publish(document)


def asked(story, tier: int, **facts) -> ChangeRequest:
    version = story.candidate()
    in_tier(story.model, tier, **facts)
    version.refresh_from_db()
    return request_change(Kind.PROMOTION, version, reason=WHY, actor=story.engineer)


NO_PERSON = {"affects_natural_persons": False, "personal_data": "none"}


def test_in_tier_1_a_version_goes_into_production_by_the_vote_of_a_committee(story, panel, open_to_all):
    change = asked(story, 1, **NO_PERSON)
    assert change.roles_required == COMMITTEE
    for person in (story.validator, story.risk_officer, panel["head"], panel["chief"], panel["compliance"]):
        with pytest.raises(NotPermitted, match="awaits a decision by: committee"):
            approve(change, person)
    for name in ("member", "senior_member"):
        approve(change, panel[name])
    with pytest.raises(NotPermitted, match="2 of the 3 votes that make a quorum"):
        conclude_vote(change, minutes="Discussed.", actor=panel["chair"])
    approve(change, panel["chair"])
    conclude_vote(change, minutes="Discussed.", actor=panel["chair"])
    change.refresh_from_db()
    assert change.state == ChangeState.COMPLETED


@pytest.mark.parametrize(("tier", "deciders"), [(2, ["risk_officer", "chief"]), (3, ["head", "risk_officer"]),
                                                (0, ["head", "risk_officer"])])  # fmt: skip
def test_below_tier_1_two_officers_decide_and_neither_a_validator_nor_a_member(
    story, panel, open_to_all, tier, deciders
):
    change = asked(story, tier, **NO_PERSON)
    people = panel | {"risk_officer": story.risk_officer, "validator": story.validator}
    for name in people.keys() - set(deciders) - {"senior_member"}:
        with pytest.raises(NotPermitted):
            approve(change, people[name])
    for name in deciders:
        approve(change, people[name])
    change.refresh_from_db()
    assert change.state == ChangeState.COMPLETED


@pytest.mark.parametrize("facts", [NO_PERSON | {"affects_natural_persons": True},
                                   NO_PERSON | {"personal_data": "special_category"}])  # fmt: skip
def test_what_concerns_persons_or_their_data_is_not_used_against_compliance(story, panel, open_to_all, facts):
    change = asked(story, 3, **facts)
    assert change.roles_required == [*OFFICERS, "compliance"]
    approve(change, panel["head"])
    approve(change, story.risk_officer)
    change.refresh_from_db()
    assert change.state == ChangeState.PENDING, "nothing is used before compliance agrees"
    approve(change, panel["compliance"], approved=False, meaning="rejected", comment="One group falls behind.")
    change.refresh_from_db()
    assert change.state == ChangeState.REJECTED, "and their no ends it"


def test_an_owner_sheds_compliance_by_no_word_in_the_register(story, panel, open_to_all):
    """What the register says of personal data binds until the tier is confirmed anew; the database says so too."""
    in_tier(story.model, 3, **NO_PERSON)
    edit_model(story.model, changes={"personal_data": "personal"}, actor=story.owner)
    for said in ("", "none"):
        edit_model(story.model, changes={"personal_data": said}, actor=story.owner)
        change = draft_change(Kind.PROMOTION, ModelVersion.objects.get(pk=story.version.pk))
        assert KINDS[Kind.PROMOTION].roles_required(change) == [*OFFICERS, "compliance"]
    change.reference, change.reason, change.requester = "CR-2026-9999", WHY, story.engineer
    change.evidence_digest, change.expires_at = "0" * 64, change.requested_at.replace(year=2030)
    with pytest.raises(RuleBroken, match="awaits everybody whom the policy names"):
        insert(change, OFFICERS)
    with governed():
        record(Action.MODEL_TIERED, actor=None, subject=story.model, before=3, tier=3)
    assert KINDS[Kind.PROMOTION].roles_required(change) == OFFICERS
    insert(change, OFFICERS)


def test_a_request_from_before_it_concerned_persons_needs_compliance_as_well(story, panel, open_to_all):
    change = asked(story, 3, **NO_PERSON)
    in_tier(story.model, 3, affects_natural_persons=True)
    with pytest.raises(RuleBroken, match="also needs the approval of compliance"):
        approve(change, panel["head"])


def raised(story, severity: str):
    facts = {"title": "Gap", "observation": "Seen.", "required_outcome": "None is left."}
    return raise_finding(story.model, severity=severity, **facts, actor=story.validator)


def drafted(story, kind, **terms) -> list[str]:
    change = draft_change(kind, story.model)
    change.terms = terms
    return KINDS[kind].roles_required(change)


def test_how_much_hangs_on_it_says_who_decides_an_exception_an_overlay_or_an_accepted_risk(story, standard):
    in_tier(story.model, 1)
    assert drafted(story, Kind.EXCEPTION, clause="documentation") == CRO_TOO
    assert drafted(story, Kind.EXCEPTION, clause="findings.high") == COMMITTEE
    assert drafted(story, Kind.OVERLAY, size_percent=4.9) == OFFICERS
    assert drafted(story, Kind.OVERLAY, size_percent=-5) == COMMITTEE, "down as well as up"
    low, high = (raised(story, severity) for severity in ("low", "high"))
    assert drafted(story, Kind.RISK_ACCEPTANCE, finding=low.reference) == CRO_TOO
    assert drafted(story, Kind.RISK_ACCEPTANCE, finding=high.reference) == COMMITTEE


@governed()
def insert(change: ChangeRequest, roles: list[str]) -> None:
    change.roles_required = roles
    change.save(force_insert=True)


@pytest.mark.parametrize(
    ("kind", "terms"),
    [("exception", {"clause": "findings.high"}), ("overlay", {"size_percent": -12.5}), ("promotion", {})],
)
def test_the_database_takes_no_request_that_leaves_out_whom_weight_or_persons_ask_for(story, standard, kind, terms):
    about = story.version if kind == "promotion" else story.model
    in_tier(story.model, 3, affects_natural_persons=True)
    about.refresh_from_db()
    change = draft_change(kind, about)
    change.reference, change.reason, change.terms, change.requester = "CR-2026-9999", WHY, terms, story.engineer
    change.evidence_digest, change.expires_at = "0" * 64, change.requested_at.replace(year=2030)
    with pytest.raises(RuleBroken, match="awaits everybody whom the policy names"):
        insert(change, OFFICERS)
    insert(change, KINDS[kind].roles_required(change))


def test_the_database_holds_to_the_persons_of_the_confirmed_tier_whatever_the_register_says_since(story, standard):
    in_tier(story.model, 3, **NO_PERSON | {"affects_natural_persons": True})
    make_otherwise(story.model, affects_natural_persons=False)
    story.version.refresh_from_db()
    change = draft_change(Kind.PROMOTION, story.version)
    change.reference, change.reason, change.requester = "CR-2026-9999", WHY, story.engineer
    change.evidence_digest, change.expires_at = "0" * 64, change.requested_at.replace(year=2030)
    with pytest.raises(RuleBroken, match="awaits everybody whom the policy names"):
        insert(change, OFFICERS)
    assert KINDS[Kind.PROMOTION].roles_required(change) == [*OFFICERS, "compliance"]


def test_an_installation_begins_with_the_policy_that_was_chosen(unprepared_database, settings):
    from inventory.services import prepare_installation

    settings.FIRST_POLICY = "standard"
    prepare_installation()
    assert Policy.objects.in_force().document == policies.standard()
    settings.FIRST_POLICY = "small-firm"
    prepare_installation()
    assert Policy.objects.count() == 1, "what is in force changes only by a decision"


@pytest.mark.parametrize("tier", [1, 2, 3])
def test_pages_and_files_of_a_model_name_who_decides_in_its_tier(story, standard, client, tier):
    in_tier(story.model, tier)
    client.force_login(story.risk_officer)
    needed = roles_together(policies.roles_required(policies.standard(), "promotion", tier))
    page = client.get(f"/models/{story.model.slug}/").content.decode()
    assert f"A promotion needs: {needed}." in page
    for file in ("models.csv", "models.json"):
        assert needed in b"".join(client.get(f"/register/{file}").streaming_content).decode()
    for tab in ("versions", "uses", "changes", "tier", "validations", "findings", "history", "monitoring"):
        assert client.get(f"/models/{story.model.slug}/{tab}/").status_code == 200
