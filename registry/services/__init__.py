"""What MLflow clients change. Every model and version goes through the same services as pages and REST API."""

from registry.services.aliases import delete_alias, follow_roll_backs, set_alias
from registry.services.mirror import follow_master, last_sweep, receive_delivery
from registry.services.names import delete_model, describe_model, register_model, rename_model
from registry.services.rules import is_governed, rules_of, set_rules
from registry.services.tags import delete_model_tag, delete_version_tag, set_model_tag, set_version_tag
from registry.services.transitions import move_to_stage
from registry.services.unapproved import take_back_aliases
from registry.services.versions import delete_version, describe_version, register_version

__all__ = [
    "delete_alias",
    "delete_model",
    "delete_model_tag",
    "delete_version",
    "delete_version_tag",
    "describe_model",
    "describe_version",
    "follow_master",
    "last_sweep",
    "follow_roll_backs",
    "is_governed",
    "move_to_stage",
    "receive_delivery",
    "register_model",
    "register_version",
    "rename_model",
    "rules_of",
    "set_alias",
    "set_model_tag",
    "set_rules",
    "set_version_tag",
    "take_back_aliases",
]
