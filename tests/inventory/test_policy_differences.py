"""The difference between two policies, as a sentence each; what asks for less than before is marked."""

import copy

import pytest

from inventory import policies

SCORE = {"measure": "psi", "role": "score", "amber": 0.1, "red": 0.25, "decided_by": "tolerance", "minimum_size": 100}


def changed(change) -> dict:
    document = copy.deepcopy(policies.preset("small-firm"))
    change(document)
    assert policies.faults_in(document) == []
    return document


def differences_after(change) -> list[tuple[str, bool | None]]:
    return [(one.sentence, one.loosens) for one in policies.differences(policies.preset("small-firm"), changed(change))]


def set_red(document, place, value):
    document["limits"][place]["red"] = value


def test_the_same_policy_has_no_difference():
    assert policies.differences(policies.preset("small-firm"), copy.deepcopy(policies.preset("small-firm"))) == []


@pytest.mark.parametrize(("red", "loosens"), [(0.2, False), (0.4, True)])
def test_a_red_limit_that_moves_is_told_with_both_numbers(red, loosens):
    sentence = f"Limit on PSI of the score: red 0.25 → {red:g}."
    assert differences_after(lambda document: set_red(document, 0, red)) == [(sentence, loosens)]


def test_where_low_is_bad_a_lower_limit_loosens():
    place = next(
        i for i, entry in enumerate(policies.preset("small-firm")["limits"]) if entry["measure"] == "auc_change"
    )
    assert differences_after(lambda document: set_red(document, place, -0.1)) == [
        ("Limit on AUC change: red −0.06 → −0.1.", True)
    ]


def test_a_limit_for_one_tier_is_told_for_that_tier_and_not_as_a_new_one():
    stricter = SCORE | {"red": 0.2, "tiers": ["1"]}
    assert differences_after(lambda document: document["limits"].insert(0, stricter))[0] == (
        "Limit on PSI of the score: red 0.25 → 0.2 for tier 1.",
        False,
    )


def test_only_what_applies_in_the_end_counts_and_not_how_it_is_written():
    def say_it_per_tier(document):
        document["limits"][:1] = [document["limits"][0] | {"tiers": [tier]} for tier in policies.TIERS]

    assert [loosens for _, loosens in differences_after(say_it_per_tier) if loosens is not None] == []


@pytest.mark.parametrize(
    ("change", "sentence", "loosens"),
    [
        (
            lambda d: d["hygiene"].update(predictions_within_days=60),
            "Hygiene, predictions within days: 30 → 60.",
            True,
        ),
        (lambda d: d["doubts"]["uses"].remove("reliance"), "Doubts, uses: without reliance.", True),
        (lambda d: d["doubts"]["attributes"].append("vendor"), "Doubts, attributes: also vendor.", False),
        (lambda d: d["limits"].pop(), "Limit on RMSE ratio: dropped, it was amber above 1.15, red above 1.3.", True),
        (
            lambda d: d["limits"].append({"measure": "mae", "amber": 2}),
            "Limit on MAE: new, amber above 2.",
            False,
        ),
        (lambda d: d["limits"][0].pop("amber"), "Limit on PSI of the score: amber 0.1 → none.", True),
        (
            lambda d: d["limits"][0].update(minimum_size=500),
            "Limit on PSI of the score: judged from 100 → 500 rows.",
            True,
        ),
        (
            lambda d: d["limits"][0].update(decided_by="point"),
            "Limit on PSI of the score: decided by the tolerance → by the point.",
            False,
        ),
        (lambda d: d["limits"][0].update(tolerance=0.05), "Limit on PSI of the score: tolerance none → 0.05.", False),
        (lambda d: d["tiers"]["1"]["cadence"].update(drift="weekly"), "Tier 1: drift monthly → weekly.", False),
        (lambda d: d["tiers"]["1"]["cadence"].update(drift="annual"), "Tier 1: drift monthly → annual.", True),
        (
            lambda d: d["approvals"]["promotion"].update({"1": ["validator", "validator"]}),
            "Approvals of promotion at tier 1: validator and risk officer → two validators.",
            True,
        ),
        (
            lambda d: d["approvals"]["promotion"]["1"].append("risk_officer"),
            "Approvals of promotion at tier 1: validator and risk officer → validator and two risk officers.",
            False,
        ),
        (
            lambda d: d["promotion"]["required_assessments"].remove("drift"),
            "Promotion, required assessments: without drift.",
            True,
        ),
        (lambda d: d["fairness"].update(minimum_gating=500), "Fairness, minimum gating: 100 → 500.", True),
        (lambda d: d["retention"].update(years=5), "Retention, years: 10 → 5.", True),
        (
            lambda d: d["retention"]["classes"][2].update(years=2),
            "Retention of Monitoring record: 7 years from the day it was added → 2 years from the day it was added.",
            True,
        ),
        (
            lambda d: d["retention"]["classes"].pop(),
            "Retention of Working paper: dropped, it was 3 years from the day it no longer holds.",
            None,
        ),
        (
            lambda d: d["completeness"]["required"]["3"].remove("purpose"),
            "Completeness, required, 3: without purpose.",
            True,
        ),
        (lambda d: d["completeness"]["required_for_use"].append("1"), "Completeness, required for use: also 1.", False),
        (
            lambda d: d["completeness"]["registration_finding"].update(after_days=30),
            "Completeness, registration finding, after days: 7 → 30.",
            True,
        ),
        (
            lambda d: d["completeness"]["registration_finding"].update(severity="medium"),
            "Completeness, registration finding, severity: low → medium.",
            False,
        ),
        (lambda d: d["changes"].update(expire_after_days=20), "Changes, expire after days: 30 → 20.", None),
        (lambda d: d["approvals_last"].update({"1": 500}), "Approvals last, 1: 365 → 500.", True),
        (lambda d: d["exceptions"].update(most_days=100), "Exceptions, most days: 365 → 100.", False),
        (lambda d: d["exceptions"].update(renewals=2), "Exceptions, renewals: 1 → 2.", True),
        (lambda d: d["overlays"].update(most_days=200), "Overlays, most days: 183 → 200.", True),
        (lambda d: d["overlays"].update(finding_at_renewal=1), "Overlays, finding at renewal: 2 → 1.", False),
        (lambda d: d["acceptances"].update(most_days=400), "Acceptances, most days: 365 → 400.", True),
        (lambda d: d["break_glass"].update(most_days=60), "Break glass, most days: 30 → 60.", True),
        (lambda d: d["committee"].update(quorum=5), "Committee, quorum: 3 → 5.", False),
        (lambda d: d["people"].update(recertify_roles="annual"), "People, recertify roles: quarterly → annual.", True),
        (
            lambda d: d["indicators"]["appetite"]["validated_on_time"].update(red=0.8),
            "Indicators, appetite, validated on time, red: 0.85 → 0.8.",
            True,
        ),
        (
            lambda d: d["indicators"]["appetite"]["red_share"].pop("red"),
            "Indicators, appetite, red share, red: 0.1 → –.",
            True,
        ),
        (
            lambda d: d["validation"]["restricts_when_lapsed"].remove("2"),
            "Validation, restricts when lapsed: without 2.",
            True,
        ),
        (
            lambda d: d["retraining"]["candidate"]["parallel_run"]["1"].update(days=7),
            "Retraining, candidate, parallel run, 1, days: 14 → 7.",
            True,
        ),
    ],
)
def test_each_change_is_one_sentence_with_its_direction(change, sentence, loosens):
    assert differences_after(change) == [(sentence, loosens)]


def test_a_policy_that_no_longer_raises_findings_on_registrations_loosens():
    told = differences_after(lambda document: document["completeness"].pop("registration_finding"))
    assert [loosens for _, loosens in told] == [True, True]


def test_a_document_older_than_a_section_is_compared_by_the_standard_section():
    older = changed(lambda document: None)
    del older["retention"]
    assert policies.differences(older, policies.preset("small-firm")) == []


@pytest.mark.parametrize(
    ("tier", "red"),
    [(1, 0.2), (2, 0.25)],
)
def test_a_limit_for_a_tier_judges_that_tier_only(tier, red):
    document = changed(lambda d: d["limits"].insert(0, SCORE | {"red": 0.2, "tiers": ["1"]}))
    assert policies.limit(document, "psi", role="score", tier=tier).red == red
    shown = [entry["red"] for entry in policies.limits_for(document, tier) if entry.get("role") == "score"]
    assert shown == [red]


def test_a_limit_for_tiers_that_earlier_limits_cover_one_by_one_never_applies():
    document = copy.deepcopy(policies.preset("small-firm"))
    document["limits"] = [SCORE | {"tiers": ["1", "2"]}, SCORE | {"tiers": ["3"]}, SCORE]
    (fault,) = policies.faults_in(document)
    assert fault.startswith("limits[2] never applies")


def compared(before: dict, after: dict) -> list[tuple[str, bool | None]]:
    return [(one.sentence, one.loosens) for one in policies.differences(before, after)]


def standard(change) -> dict:
    document = copy.deepcopy(policies.standard())
    change(document)
    assert policies.faults_in(document) == []
    return document


@pytest.mark.parametrize(
    ("change", "looser", "stricter"),
    [
        (
            lambda d: d["retraining"]["envelope"].update(tiers=["1", "2", "3"]),
            [("Retraining, envelope, tiers: also 1.", True)],
            [("Retraining, envelope, tiers: without 1.", False)],
        ),
        (
            lambda d: d["retraining"]["envelope"].update(most_days=500),
            [("Retraining, envelope, most days: 365 → 500.", True)],
            [("Retraining, envelope, most days: 500 → 365.", False)],
        ),
        (
            lambda d: d["overlays"].update(material_percent=20),
            [("Overlays, material percent: 5 → 20.", True)],
            [("Overlays, material percent: 20 → 5.", False)],
        ),
        (
            lambda d: d["overlays"].pop("material_percent"),
            [("Overlays, material percent: 5 → –.", True)],
            [("Overlays, material percent: – → 5.", False)],
        ),
        (
            lambda d: d["exceptions"]["severe"].remove("conditions"),
            [("Exceptions, severe: without conditions.", True)],
            [("Exceptions, severe: also conditions.", False)],
        ),
        (
            lambda d: d["exceptions"]["waivable"].append("verdict.bias"),
            [("Exceptions, waivable: also verdict.bias.", True)],
            [("Exceptions, waivable: without verdict.bias.", False)],
        ),
    ],
)
def test_what_allows_more_loosens_and_its_reverse_does_not(change, looser, stricter):
    assert compared(policies.standard(), standard(change)) == looser
    assert compared(standard(change), policies.standard()) == stricter


def test_a_first_envelope_loosens_and_the_last_one_dropped_does_not():
    without = standard(lambda document: document["retraining"].pop("envelope"))
    assert {loosens for _, loosens in compared(without, policies.standard())} == {True}
    assert {loosens for _, loosens in compared(policies.standard(), without)} == {False}


def test_an_exception_list_of_severe_clauses_that_is_left_out_loosens():
    without = standard(lambda document: document["exceptions"].pop("severe"))
    assert {loosens for _, loosens in compared(policies.standard(), without)} == {True}


def test_a_kind_that_a_policy_does_not_name_is_compared_by_what_decides_it_then():
    without = changed(lambda document: document["approvals"].pop("overlay"))
    assert compared(policies.preset("small-firm"), without) == []
    named = changed(lambda document: document["approvals"].update(overlay_material=dict.fromkeys("123", ["committee"])))
    told = compared(named, policies.preset("small-firm"))
    assert told == [
        (f"Approvals of overlay that is material at tier {tier}: committee → validator and risk officer.", True)
        for tier in "123"
    ]
