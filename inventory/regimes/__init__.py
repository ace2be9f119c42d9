"""Regime packs: what supervisory instruments ask for, in our own words, as dated data; and what speaks to it."""

from inventory.regimes.days import IN_FORCE, standing_on
from inventory.regimes.evidence import EVIDENCE
from inventory.regimes.packs import PRIMARY, SECONDARY, UNREAD, faults_in_pack, packs_in_files
from inventory.regimes.register import Instrument, faults_in_register, instruments, read_on

DISCLAIMER = (
    "This lists what is on record beside what an instrument asks for, in our own words. It is no legal advice and no "
    "statement that anything complies; that is for people to conclude, from the instrument itself."
)

__all__ = [
    "DISCLAIMER",
    "EVIDENCE",
    "IN_FORCE",
    "PRIMARY",
    "SECONDARY",
    "UNREAD",
    "Instrument",
    "faults_in_pack",
    "faults_in_register",
    "instruments",
    "packs_in_files",
    "read_on",
    "standing_on",
]
