"""Regime packs: what supervisory instruments ask for, in our own words, as dated data; and what speaks to it."""

from inventory.regimes.evidence import EVIDENCE
from inventory.regimes.packs import faults_in_pack, packs_in_files

DISCLAIMER = (
    "This lists what is on record beside what an instrument asks for, in our own words. It is no legal advice and no "
    "statement that anything complies; that is for people to conclude, from the instrument itself."
)

__all__ = ["DISCLAIMER", "EVIDENCE", "faults_in_pack", "packs_in_files"]
