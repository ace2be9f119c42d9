"""Promotion: what must have been looked at, and decided, before a version goes into production."""

from inventory.policies.checks import are_some_of, is_object
from inventory.policies.limits import MEASURES
from inventory.policies.tiers import ASSESSMENTS

faults = is_object({"required_assessments": are_some_of(ASSESSMENTS), "must_be_decided": are_some_of(MEASURES)})
