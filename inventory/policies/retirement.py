"""Retirement: what must be done, and said with its evidence, before a model may be retired."""

from inventory.policies.checks import is_list_of, is_object, is_text

faults = is_object(
    {"checklist": is_list_of(is_object({"item": is_text, "asks": is_text}), called="items, each with what it asks")}
)
