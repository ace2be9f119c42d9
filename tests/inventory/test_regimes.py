"""Regime packs: dated, digested, never changed, and mapped only to what the product can look for."""

import copy
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from audits.trail.chain import canonical
from audits.trail.models import Action, Entry
from inventory.models import RegimePack
from inventory.regimes import EVIDENCE, faults_in_pack, packs_in_files
from inventory.services import prepare_installation
from inventory.services.regimes import load_regime_pack
from mrm.adapters.storage import digest_of
from mrm.errors import RuleBroken, UnusableData

PACKS = packs_in_files()
# What installations have loaded: a pack that says anything else needs another version, or they could not be upgraded.
HANDED_OUT = {
    ("eu-ai-act-annex-iv", "1"): "37c8632f19b9e8ee6ccf8ec4a84544cf96adec38e237aa796cd7d6566ffd34ff",
    ("eu-ai-act-annex-iv", "2"): "8063c955704e2406a502f2817be4ea8f507e842aa1d3a335c5eb6dc0213e29ff",
    ("iso-42001", "2023"): "3564f95ad5edb95ef202ab514092ab7724a6a07bc221d88a18cdb882b705b11b",
    ("iso-42001", "2023, pack 2"): "a321528c252c2640d35dd339e5955b7850e2efb4c48470ab5020b0ab5f3e6541",
    ("nist-ai-rmf", "1.0"): "b34122e63f5b747d3f34b38ca6a42d9714d7b38e5c97e2c82d8ccb89b3b36f65",
    ("nist-ai-rmf", "1.0, pack 2"): "6fd233afecd1c4cb88ae4f51b990e69fbbace0f86ca8fc2206b0772a54b88f3b",
    ("osfi-e-23", "1"): "ce43e50882f1297a2c41a901e89e6a28d284c6110d0a4f9798513e30b837eead",
    ("osfi-e-23", "2"): "307ac5974aca96e0ba30a0c25059c9809bcbc7b11dd8412d44cec35179e72161",
    ("sr-11-7", "1"): "d7e450a521685ba3718e294d358938c70ae687da5d6d8de85e048ac8179f4985",
    ("sr-11-7", "2"): "d96c95c474cee8f1732d90e96b0a9ba39fb5972861b0e956a76ccb5d0204b7a4",
    ("sr-26-2", "1"): "4d438206217767ec4ae395a9b761ff34677ffaceede979ffad214f8ab728cc52",
    ("sr-26-2", "2"): "b5d066d33c9f5b3616fa079c8c8f4b26f19e2c6f37e54da9e1cda3dab4b209fe",
    ("ss1-23", "1"): "46ff66122cfab0c9448820c550897c48df117ae5a90e0ce42871fd39c9900528",
    ("ss1-23", "2"): "cdbcd0e8ff5751ecb3f298ebb157c68bd7836c77805e60432182591549bd1a13",
}
ONE = {"clause": "1", "requirement": "Something.", "evidence": []}


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack["code"])
def test_every_pack_of_the_release_has_no_fault(pack):
    assert faults_in_pack(pack) == []


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack["code"])
def test_a_pack_says_under_its_version_what_it_said_when_it_was_handed_out(pack):
    assert digest_of(canonical(pack)) == HANDED_OUT[pack["code"], pack["version"]]


def test_the_packs_are_those_that_were_promised():
    assert {pack["code"] for pack in PACKS} == {
        "sr-11-7", "sr-26-2", "ss1-23", "osfi-e-23", "eu-ai-act-annex-iv", "nist-ai-rmf", "iso-42001",
    }  # fmt: skip


def test_every_kind_of_evidence_is_asked_for_by_some_pack():
    asked = {kind for pack in PACKS for one in pack["requirements"] for kind in one["evidence"]}
    assert asked == set(EVIDENCE)


@pytest.mark.parametrize(
    ("day", "in_force", "not_in_force"),
    [
        (date(2026, 4, 16), "sr-11-7", "sr-26-2"),
        (date(2026, 4, 17), "sr-26-2", "sr-11-7"),
        (date(2027, 4, 30), "nist-ai-rmf", "osfi-e-23"),
        (date(2027, 5, 1), "osfi-e-23", "sr-11-7"),
    ],
)
def test_a_pack_holds_from_its_first_day_until_its_successor_does(day, in_force, not_in_force, workspace):
    codes = set(RegimePack.objects.in_force(day).values_list("code", flat=True))
    assert in_force in codes and not_in_force not in codes


def test_preparing_again_loads_nothing_again(workspace):
    count = RegimePack.objects.count()
    prepare_installation()
    assert RegimePack.objects.count() == count == len(PACKS)
    assert Entry.objects.filter(action=Action.REGIME_LOADED).count() == count


def test_a_changed_pack_needs_another_version(workspace):
    changed = copy.deepcopy(PACKS[0])
    changed["requirements"][0]["requirement"] = "Something else."
    with pytest.raises(RuleBroken, match="another version"):
        load_regime_pack(changed)
    assert load_regime_pack(changed | {"version": "next"}).version == "next"


def test_the_database_keeps_packs_as_they_were_loaded(workspace):
    for change in (lambda rows: rows.update(version="9"), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change(RegimePack.objects.filter(code="sr-26-2"))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"effective_from": "soon"}, "pack.effective_from"),
        ({"effective_from": None}, "pack.effective_from"),
        ({"effective_to": "2001-01-01"}, "pack.effective_to"),
        ({"requirements": []}, "pack.requirements"),
        (
            {"requirements": [{"clause": "1", "requirement": "x", "evidence": ["luck"]}]},
            "pack.requirements[0].evidence",
        ),
        ({"requirements": [{"clause": "1", "requirement": "x", "evidence": []}] * 2}, "pack names"),
        ({"complies": True}, "pack.complies"),
    ],
)
def test_a_faulty_pack_is_named_by_its_path(change, path, workspace):
    with pytest.raises(UnusableData) as refusal:
        load_regime_pack(PACKS[0] | change)
    assert refusal.value.reasons[0].startswith(path)


def test_no_pack_claims_that_anything_complies():
    told = " ".join(str(pack) for pack in PACKS).lower()
    assert "complian" not in told.replace("non-compliance", "") and "complies" not in told
