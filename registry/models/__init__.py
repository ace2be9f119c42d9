from registry.models.facts import Alias, ModelFacts, ModelTag, VersionFacts, VersionTag
from registry.models.mirror import Delivery
from registry.models.rules import RegistryRules

__all__ = ["Alias", "Delivery", "ModelFacts", "ModelTag", "RegistryRules", "VersionFacts", "VersionTag"]
