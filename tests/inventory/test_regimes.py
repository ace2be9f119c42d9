"""Regime packs: dated, digested, never changed, and mapped only to what the product can look for."""

import copy
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from audits.trail.models import Action, Entry
from inventory.models import RegimePack
from inventory.regimes import EVIDENCE, faults_in_pack, packs_in_files
from inventory.services import prepare_installation
from inventory.services.regimes import load_regime_pack
from mrm.errors import RuleBroken, UnusableData

PACKS = packs_in_files()
ONE = {"clause": "1", "requirement": "Something.", "evidence": []}


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack["code"])
def test_every_pack_of_the_release_has_no_fault(pack):
    assert faults_in_pack(pack) == []


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
