"""Under which regimes it is determined whether something is a model."""

from inventory.policies.checks import is_list_of, is_object, is_text

faults = is_object({"asked_under": is_list_of(is_text, called="codes of regimes", at_least=1)})
