"""Retention: how long records are kept."""

from inventory.policies.checks import is_count, is_object

faults = is_object({"years": is_count})
